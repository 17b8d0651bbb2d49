package dev.errata.operator.decide;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.resource.EditJobSpec;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Tells whether a child Job was made for what a spec says now about pods. The rest of a spec is
 * immutable or is not written into child Jobs.
 */
public final class Fingerprint {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BYTES = 8;

  private Fingerprint() {}

  /** Sixteen hexadecimal digits of {@code spec.workers} and {@code spec.backoffLimit}. */
  public static String of(EditJobSpec spec) {
    try {
      byte[] text = JSON.writeValueAsBytes(Arrays.asList(spec.workers(), spec.backoffLimit()));
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text);
      return HexFormat.of().formatHex(digest, 0, BYTES);
    } catch (JsonProcessingException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
