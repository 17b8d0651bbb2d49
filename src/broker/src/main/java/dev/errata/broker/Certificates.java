package dev.errata.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A key and certificate of {@code localhost}, and a store that trusts it, made by the JDK's
 * keytool.
 */
final class Certificates {
  private static final String PASSWORD = "a-password-of-stores";
  private static final String TYPE = "PKCS12";

  private final Path keys;
  private final Path trust;

  Certificates(Path folder) {
    keys = folder.resolve("broker.p12");
    trust = folder.resolve("trust.p12");
    Path certificate = folder.resolve("broker.crt");
    keytool(
        keys,
        "-genkeypair",
        "-keyalg",
        "EC",
        "-validity",
        "2",
        "-dname",
        "CN=localhost",
        "-ext",
        "san=dns:localhost");
    keytool(keys, "-exportcert", "-rfc", "-file", certificate.toString());
    keytool(trust, "-importcert", "-noprompt", "-file", certificate.toString());
  }

  Map<String, String> ofBroker() {
    return Map.of(
        "ssl.keystore.type", TYPE,
        "ssl.keystore.location", keys.toString(),
        "ssl.keystore.password", PASSWORD,
        "ssl.truststore.type", TYPE,
        "ssl.truststore.location", trust.toString(),
        "ssl.truststore.password", PASSWORD);
  }

  Map<String, String> ofClient() {
    return Map.of(
        "ssl.truststore.type", TYPE,
        "ssl.truststore.location", trust.toString(),
        "ssl.truststore.password", PASSWORD);
  }

  private static void keytool(Path store, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(
        List.of(
            "-alias",
            "broker",
            "-keystore",
            store.toString(),
            "-storetype",
            TYPE,
            "-storepass",
            PASSWORD));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("keytool: " + told);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
