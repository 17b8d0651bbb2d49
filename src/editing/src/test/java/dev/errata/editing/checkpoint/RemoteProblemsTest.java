package dev.errata.editing.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.InputException;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class RemoteProblemsTest {
  @Test
  void aMachineWithoutCertificatesIsToldWhatToInstall() {
    // As the native client words it in an image without ca-certificates.
    IOException error =
        new IOException(
            "TlsContext.tls_ctx_new: Failed to create new aws_tls_ctx (aws_last_error:"
                + " AWS_IO_TLS_ERROR_DEFAULT_TRUST_STORE_NOT_FOUND(1173), Default TLS trust store"
                + " not found on this system.");
    assertThat(RemoteProblems.of(Path.of("/store"), error))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no CA certificates")
        .hasMessageContaining("ca-certificates");
  }
}
