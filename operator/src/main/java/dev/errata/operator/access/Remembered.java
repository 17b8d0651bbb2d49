package dev.errata.operator.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Answers of the API server, kept for ten seconds: what was taken from somebody is gone by then.
 */
final class Remembered<T> {
  private static final long NANOS = Duration.ofSeconds(10).toNanos();
  private static final int MOST = 1000;

  private record Answer<T>(T value, long time) {}

  private final Map<String, Answer<T>> answers =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Answer<T>> eldest) {
          return size() > MOST;
        }
      };

  /** The answer there is, or that of the question now; one that fails is not kept. */
  T get(String key, Supplier<T> question) {
    synchronized (answers) {
      Answer<T> known = answers.get(key);
      if (known != null && System.nanoTime() - known.time() < NANOS) {
        return known.value();
      }
    }
    T value = question.get();
    synchronized (answers) {
      answers.remove(key);
      answers.put(key, new Answer<>(value, System.nanoTime()));
    }
    return value;
  }

  /** What stands for a secret in memory. */
  static String digest(String secret) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
