package dev.errata.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * One Kafka node, broker and controller in one, in this JVM; its log lies in a folder of its own.
 */
public final class Broker implements AutoCloseable {
  /** The user that a broker with passwords knows. */
  public static final String USER = "errata";

  /** That user's password. */
  public static final String PASSWORD = "a-secret-of-the-test";

  private final Path folder;
  private final Path log;
  private final int port;
  private final int controllerPort;
  private final boolean passwords;

  /** Null where clients need no TLS. */
  private final Certificates certificates;

  private KafkaRaftServer server;

  private Broker(boolean passwords, boolean tls) {
    this.passwords = passwords;
    try {
      folder = Files.createTempDirectory("errata-kafka");
      log = folder.resolve("log");
      port = freePort();
      controllerPort = freePort();
      certificates =
          tls ? new Certificates(Files.createDirectory(folder.resolve("certificates"))) : null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    format();
  }

  /** A running broker that takes everyone. */
  public static Broker open() {
    return new Broker(false, false).start();
  }

  /** A running broker that takes {@link #USER} with {@link #PASSWORD} only, by SASL/SCRAM. */
  public static Broker withPasswords() {
    return new Broker(true, false).start();
  }

  /** The same over TLS: clients trust its certificate and give the password. */
  public static Broker withPasswordsOverTls() {
    return new Broker(true, true).start();
  }

  /** A broker that is not started yet: its address is known, and nothing listens there. */
  public static Broker down() {
    return new Broker(false, false);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void format() {
    Formatter formatter =
        new Formatter()
            .setPrintStream(
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
            .setNodeId(1)
            .setClusterId(Uuid.randomUuid().toString())
            .setControllerListenerName("CONTROLLER")
            .setMetadataLogDirectory(log.toString())
            .addDirectory(log.toString());
    if (passwords) {
      formatter.setScramArguments(
          List.of("SCRAM-SHA-256=[name=" + USER + ",password=" + PASSWORD + "]"));
    }
    try {
      formatter.run();
    } catch (Exception e) {
      throw new IllegalStateException("the broker's log cannot be formatted", e);
    }
  }

  /** Starts the broker, with what its log holds. */
  public Broker start() {
    Properties properties = new Properties();
    properties.putAll(
        Map.ofEntries(
            Map.entry("process.roles", "broker,controller"),
            Map.entry("node.id", "1"),
            Map.entry("controller.quorum.voters", "1@localhost:" + controllerPort),
            Map.entry(
                "listeners",
                "CLIENTS://localhost:" + port + ",CONTROLLER://localhost:" + controllerPort),
            Map.entry("advertised.listeners", "CLIENTS://localhost:" + port),
            Map.entry(
                "listener.security.protocol.map",
                "CLIENTS:" + protocol() + ",CONTROLLER:PLAINTEXT"),
            Map.entry("controller.listener.names", "CONTROLLER"),
            Map.entry("inter.broker.listener.name", "CLIENTS"),
            Map.entry("log.dirs", log.toString()),
            Map.entry("offsets.topic.num.partitions", "1"),
            Map.entry("offsets.topic.replication.factor", "1"),
            Map.entry("group.initial.rebalance.delay.ms", "0"),
            Map.entry("auto.create.topics.enable", "false"),
            Map.entry("log.cleaner.dedupe.buffer.size", "2097152"),
            Map.entry("controlled.shutdown.enable", "false")));
    if (passwords) {
      properties.putAll(
          Map.of(
              "sasl.enabled.mechanisms",
              "SCRAM-SHA-256",
              "sasl.mechanism.inter.broker.protocol",
              "SCRAM-SHA-256",
              "listener.name.clients.scram-sha-256.sasl.jaas.config",
              login(PASSWORD)));
    }
    if (certificates != null) {
      properties.putAll(certificates.ofBroker());
    }
    server = new KafkaRaftServer(KafkaConfig.fromProps(properties, false), Time.SYSTEM);
    server.startup();
    return this;
  }

  private String protocol() {
    String plain = certificates == null ? "PLAINTEXT" : "SSL";
    return passwords ? "SASL_" + plain : plain;
  }

  private static String login(String password) {
    return "org.apache.kafka.common.security.scram.ScramLoginModule required username=\""
        + USER
        + "\" password=\""
        + password
        + "\";";
  }

  /** Stops the broker; its log stays. */
  public void stop() {
    if (server != null) {
      server.shutdown();
      server.awaitShutdown();
      server = null;
    }
  }

  /** Host and port of its clients. */
  public String bootstrap() {
    return "localhost:" + port;
  }

  /** Settings of a client that gives this password, or of any where none is wanted. */
  public Map<String, String> access(String password) {
    Map<String, String> access = new HashMap<>();
    if (passwords) {
      access.put("security.protocol", protocol());
      access.put("sasl.mechanism", "SCRAM-SHA-256");
      access.put("sasl.jaas.config", login(password));
    }
    if (certificates != null) {
      access.putAll(certificates.ofClient());
    }
    return Map.copyOf(access);
  }

  /** A client that may do everything; the caller closes it. */
  public Admin admin() {
    Properties properties = new Properties();
    properties.putAll(access(PASSWORD));
    properties.put("bootstrap.servers", bootstrap());
    return Admin.create(properties);
  }

  /** Makes a topic. */
  public void topic(String name, int partitions, Map<String, String> settings) {
    try (Admin admin = admin()) {
      admin
          .createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(settings)))
          .all()
          .get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("topic " + name + " cannot be made", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    stop();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
