// SPDX-License-Identifier: Apache-2.0

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.MemoryOffsetBackingStore;

/**
 * Offsets in memory, of which the first is given: the connector starts in the binlog where
 * `peer.offset` says, in the connector's own JSON.
 */
public final class StartingOffset extends MemoryOffsetBackingStore {
  @Override
  public void configure(WorkerConfig config) {
    super.configure(config);
    Map<String, String> settings = config.originalsStrings();
    String key =
        String.format(
            "[\"%s\",{\"server\":\"%s\"}]", settings.get("name"), settings.get("topic.prefix"));
    data.put(bytes(key), bytes(settings.get("peer.offset")));
  }

  // For commands that are not given to an embedded engine.
  @Override
  public Set<Map<String, Object>> connectorPartitions(String connector) {
    return Set.of();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}
