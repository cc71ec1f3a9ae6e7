// SPDX-License-Identifier: Apache-2.0

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Runs the MySQL connector in the embedded engine and writes each source record as a line of JSON:
 * {"topic":…,"key":…,"value":…,"headers":{…}}, with keys, values and headers as Kafka Connect's
 * JsonConverter writes them. Prints "streaming" on standard output when the snapshot is done and
 * the connector streams changes. Exits at the first record of database `recorder`.
 *
 * Arguments: the file to write, then settings as name=value. Those that begin with `converter.` go
 * to the converter, all others to the connector and its engine.
 */
public final class Recorder {
  private static final String CONVERTER = "converter.";
  private static final String END = "recorder";

  private final PrintStream out;
  private final JsonConverter keys = new JsonConverter();
  private final JsonConverter values = new JsonConverter();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile String failure;

  private Recorder(String path, Map<String, String> converter) throws Exception {
    out = new PrintStream(path, "UTF-8");
    keys.configure(converter, true);
    values.configure(converter, false);
  }

  public static void main(String[] arguments) throws Exception {
    Properties connector = new Properties();
    Map<String, String> converter = new HashMap<>();
    for (int i = 1; i < arguments.length; ++i) {
      String[] setting = arguments[i].split("=", 2);
      if (setting[0].startsWith(CONVERTER)) {
        converter.put(setting[0].substring(CONVERTER.length()), setting[1]);
      } else {
        connector.setProperty(setting[0], setting[1]);
      }
    }
    new Recorder(arguments[0], converter).run(connector);
  }

  private void run(Properties settings) throws Exception {
    DebeziumEngine<RecordChangeEvent<SourceRecord>> engine =
        DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
            .using(settings)
            .notifying(this::write)
            .using((success, message, error) -> end(success ? null : message + ": " + error))
            .build();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    thread.execute(engine);
    waitUntilStreaming(settings.getProperty("topic.prefix"));
    System.out.println("streaming");
    ended.await();
    if (failure == null) engine.close();
    thread.shutdown();
    out.close();
    if (failure != null) throw new IllegalStateException(failure);
  }

  private void waitUntilStreaming(String prefix) throws Exception {
    MBeanServer metrics = ManagementFactory.getPlatformMBeanServer();
    ObjectName streaming =
        new ObjectName("debezium.mysql:type=connector-metrics,context=streaming,server=" + prefix);
    while (ended.getCount() > 0) {
      try {
        if ((boolean) metrics.getAttribute(streaming, "Connected")) return;
      } catch (InstanceNotFoundException e) {
        // The connector has not started yet.
      }
      Thread.sleep(50);
    }
  }

  private void write(
      List<RecordChangeEvent<SourceRecord>> batch,
      DebeziumEngine.RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
      throws InterruptedException {
    for (RecordChangeEvent<SourceRecord> event : batch) {
      if (isEndMarker(event.record())) end(null);
      if (ended.getCount() > 0) out.println(line(event.record()));
      committer.markProcessed(event);
    }
    committer.markBatchFinished();
  }

  private void end(String reason) {
    if (ended.getCount() > 0) failure = reason;
    ended.countDown();
  }

  private static boolean isEndMarker(SourceRecord record) {
    if (!(record.value() instanceof Struct value) || value.schema().field("source") == null) {
      return false;
    }
    return END.equals(value.getStruct("source").getString("db"));
  }

  private String line(SourceRecord record) {
    StringBuilder headers = new StringBuilder();
    for (Header header : record.headers()) {
      byte[] json =
          values.fromConnectHeader(record.topic(), header.key(), header.schema(), header.value());
      headers.append(headers.length() == 0 ? "" : ",").append(text(header.key())).append(':');
      headers.append(text(json));
    }
    return String.format(
        "{\"topic\":%s,\"key\":%s,\"value\":%s,\"headers\":{%s}}",
        text(record.topic()),
        text(keys.fromConnectData(record.topic(), record.keySchema(), record.key())),
        text(values.fromConnectData(record.topic(), record.valueSchema(), record.value())),
        headers);
  }

  private String text(String string) {
    JsonConverter plain = new JsonConverter();
    plain.configure(Map.of("schemas.enable", "false"), false);
    return text(plain.fromConnectData("", Schema.STRING_SCHEMA, string));
  }

  // The converter returns null for a missing key and for a tombstone's value.
  private static String text(byte[] json) {
    return json == null ? "null" : new String(json, StandardCharsets.UTF_8);
  }
}
