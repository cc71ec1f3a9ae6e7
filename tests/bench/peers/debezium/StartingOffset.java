// SPDX-License-Identifier: Apache-2.0

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.MemoryOffsetBackingStore;

/**
 * Offsets in memory. The first one is `peer.offset`, in the connector's own JSON; the connector
 * starts there.
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

  // Used only by commands that an embedded engine never receives.
  @Override
  public Set<Map<String, Object>> connectorPartitions(String connector) {
    return Set.of();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}
