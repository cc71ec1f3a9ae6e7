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
  // Memory must not grow with the log: indexes live in the cache, not beside it.
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
  // A torn tail was never visible, since a sync precedes visibility; that nothing else went with it
  // is checked against the visible mark.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  // Recovering is tried by the next write.
  options.max_bgerror_resume_count = 0;
  // Closing on a full disk must not write. Else Database does so itself.
  options.avoid_flush_during_shutdown = true;
  // One writer: nothing to insert concurrently.
  options.allow_concurrent_memtable_write = false;
  options.max_background_jobs = 2;
  // Bounds what is replayed after a crash; also what keeps rarely written families from holding
  // old write-ahead logs for ever.
  options.max_total_wal_size = seams.write_buffer_bytes * 4;
  // Spreads the writing of staged frames, so that the sync at their commit finds little left.
  options.wal_bytes_per_sync = 1 << 20;
  options.bytes_per_sync = 1 << 20;
  options.max_open_files = static_cast<int>(LogFilesMax(DescriptorLimit()));
  // Else opening reads every file.
  options.skip_stats_update_on_db_open = true;
  options.max_manifest_file_size = 16 << 20;
  // No threads that wake up for statistics that nobody reads.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions FrameFamilyOptions(const StorageSeams& seams) {
  rocksdb::ColumnFamilyOptions options;
  // Keys ascend, so files never overlap, and with the same compression at all levels compaction
  // only ever moves them: a frame is written once beside the write-ahead log. Frames come
  // compressed, to try it again would cost a third of what the first time did.
  options.compaction_style = rocksdb::kCompactionStyleLevel;
  options.compression = rocksdb::kNoCompression;
  // Every iterator opens all files of the top level; moving them down costs nothing.
  options.level0_file_num_compaction_trigger = 2;
  options.write_buffer_size = seams.write_buffer_bytes;
  options.max_write_buffer_number = 3;
  options.target_file_size_base = uint64_t{64} << 20;
  // A frame a block: a reader begins anywhere, and reads a block whole.
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
