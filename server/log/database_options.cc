// SPDX-License-Identifier: Apache-2.0

#include "log/database_options.h"

#include "base/descriptor_limit.h"
#include "rocksdb/cache.h"
#include "rocksdb/table.h"

namespace millrace::log {
namespace {

rocksdb::BlockBasedTableOptions TableOptions(size_t block_bytes, size_t cache_bytes) {
  rocksdb::BlockBasedTableOptions options;
  options.block_size = block_bytes;
  options.checksum = rocksdb::kXXH3;
  options.block_cache = rocksdb::NewLRUCache(cache_bytes);
  // Keep indexes in the cache, so that memory does not grow with the log.
  options.cache_index_and_filter_blocks = true;
  options.cache_index_and_filter_blocks_with_high_priority = true;
  return options;
}

}  // namespace

rocksdb::DBOptions DatabaseOptions(const StorageSeams& seams) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  // A torn tail was never visible, because the sync comes before visibility. The visible mark shows
  // if more than that was lost.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // The next write starts a recovery.
  options.max_bgerror_resume_count = 0;
  // Closing must not write on a full disk. If the disk is not full, ~Database flushes.
  options.avoid_flush_during_shutdown = true;
  // Nearly all writes come from one thread.
  options.allow_concurrent_memtable_write = false;
  options.max_background_jobs = 2;
  // Bounds the replay after a crash, and makes RocksDB flush rarely written families, which would
  // keep old write-ahead logs forever.
  options.max_total_wal_size = seams.write_buffer_bytes * 4;
  // Writes staged frames to disk early, so that the sync at their commit has little to do.
  options.wal_bytes_per_sync = 1 << 20;
  options.bytes_per_sync = 1 << 20;
  options.max_open_files = static_cast<int>(LogFilesMax(DescriptorLimit()));
  // Without this, opening reads every file.
  options.skip_stats_update_on_db_open = true;
  options.max_manifest_file_size = 16 << 20;
  // Nobody reads these statistics: save the threads that wake up for them.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions FrameFamilyOptions(const StorageSeams& seams) {
  rocksdb::ColumnFamilyOptions options;
  // Keys ascend, so files never overlap. With equal compression at all levels, compaction only
  // moves files: a frame is written once, plus once to the write-ahead log. FrameCompressor has
  // compressed the frames; to compress them again would take a third of its time.
  options.compaction_style = rocksdb::kCompactionStyleLevel;
  options.compression = rocksdb::kNoCompression;
  // Every iterator opens all files of the top level. Moving them to a lower level costs nothing.
  options.level0_file_num_compaction_trigger = 2;
  options.write_buffer_size = seams.write_buffer_bytes;
  options.max_write_buffer_number = 3;
  options.target_file_size_base = uint64_t{64} << 20;
  // One frame per block: a reader can start at any frame, and reads whole blocks.
  options.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(TableOptions(16 << 10, size_t{16} << 20)));
  return options;
}

rocksdb::ColumnFamilyOptions RecordFamilyOptions() {
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = 4 << 20;
  options.table_factory.reset(
      rocksdb::NewBlockBasedTableFactory(TableOptions(4 << 10, size_t{1} << 20)));
  return options;
}

}  // namespace millrace::log
