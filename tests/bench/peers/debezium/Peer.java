// SPDX-License-Identifier: Apache-2.0

import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * Runs the MySQL connector in the embedded engine and counts the records of one topic, which the
 * engine hands over as JSON text. ../README.md describes its output.
 *
 * Arguments: settings as name=value. Those that begin with `peer.` belong to this class, all others
 * to the connector and its engine. peer.topic: topic to count; peer.rows: number of records in total;
 * peer.skip: number of records before the measurement; peer.latency=true: measure their age.
 */
public final class Peer {
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final String topic;
  private final long skip;
  private final boolean latency;
  private final long[] ages;
  private final long rows;
  private final CountDownLatch ended = new CountDownLatch(1);

  // Belong to the thread on which the engine calls `count`.
  private long seen = 0;
  private long first = 0;
  private long firstNanos = 0;

  private Peer(Properties settings) {
    topic = settings.getProperty("peer.topic");
    rows = Long.parseLong(settings.getProperty("peer.rows"));
    skip = Long.parseLong(settings.getProperty("peer.skip", "0"));
    latency = Boolean.parseBoolean(settings.getProperty("peer.latency"));
    ages = new long[latency ? (int) (rows - skip) : 0];
  }

  public static void main(String[] arguments) throws Exception {
    Properties settings = new Properties();
    for (String argument : arguments) {
      String[] setting = argument.split("=", 2);
      settings.setProperty(setting[0], setting[1]);
    }
    new Peer(settings).run(settings);
  }

  private void run(Properties settings) throws Exception {
    DebeziumEngine<ChangeEvent<String, String>> engine =
        DebeziumEngine.create(Json.class)
            .using(settings)
            .notifying(this::count)
            .using((success, message, error) -> fail(message + ": " + error))
            .build();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    thread.execute(engine);
    waitUntilStreaming(settings.getProperty("topic.prefix"));
    say("streaming");
    ended.await();
    // The benchmark reads the resource usage from outside, and then ends the process by a signal.
    Thread.sleep(Long.MAX_VALUE);
  }

  private void waitUntilStreaming(String prefix) throws Exception {
    MBeanServer metrics = ManagementFactory.getPlatformMBeanServer();
    ObjectName streaming =
        new ObjectName("debezium.mysql:type=connector-metrics,context=streaming,server=" + prefix);
    while (true) {
      try {
        if ((boolean) metrics.getAttribute(streaming, "Connected")) return;
      } catch (InstanceNotFoundException e) {
        // The connector has not started yet.
      }
      Thread.sleep(5);
    }
  }

  private void count(
      List<ChangeEvent<String, String>> batch,
      DebeziumEngine.RecordCommitter<ChangeEvent<String, String>> committer)
      throws InterruptedException {
    Instant now = Instant.now();
    for (ChangeEvent<String, String> event : batch) {
      if (topic.equals(event.destination()) && event.value() != null) {
        if (latency && seen >= skip && seen < rows) ages[(int) (seen - skip)] = age(now, event);
        ++seen;
      }
      committer.markProcessed(event);
    }
    committer.markBatchFinished();
    if (first == 0 && seen > skip) {
      first = seen;
      firstNanos = System.nanoTime();
      say("first");
    }
    if (seen >= rows && ended.getCount() > 0) finish();
  }

  // Time starts with the first batch, whose rows do not count for the rate.
  private void finish() {
    double seconds = (double) (System.nanoTime() - firstNanos) / NANOS_PER_SECOND;
    Arrays.sort(ages);
    say(
        String.format(
            "done rows=%d counted=%d seconds=%.6f p50_us=%d p99_us=%d",
            seen, seen - first, seconds, at(0.50), at(0.99)));
    ended.countDown();
  }

  private long at(double quantile) {
    return ages.length == 0 ? 0 : ages[Math.min(ages.length - 1, (int) (quantile * ages.length))];
  }

  // Microseconds since the commit time that the source wrote with the transaction.
  private static long age(Instant now, ChangeEvent<String, String> event) {
    String json = event.value();
    int source = json.indexOf("\"source\":{");
    int begin = json.indexOf("\"ts_us\":", source) + "\"ts_us\":".length();
    int end = begin;
    while (Character.isDigit(json.charAt(end))) ++end;
    long commit = Long.parseLong(json.substring(begin, end));
    return ChronoUnit.MICROS.between(Instant.EPOCH, now) - commit;
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static void fail(String why) {
    System.err.println(why);
    Runtime.getRuntime().halt(1);
  }
}
