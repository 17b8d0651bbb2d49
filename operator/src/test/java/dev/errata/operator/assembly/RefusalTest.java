package dev.errata.operator.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefusalTest {
  private static KubernetesClientException error(int code, String words) {
    return new KubernetesClientException(
        "Failure executing: POST",
        code,
        new StatusBuilder().withCode(code).withMessage(words).build());
  }

  @ParameterizedTest
  @CsvSource({
    "403, exceeded quota: pods",
    "422, spec.template: Invalid value",
    "500, Internal error occurred: failed calling webhook mjob.kb.io: connection refused",
  })
  void whatAPersonCanMendIsTold(int code, String words) {
    assertThat(Refusal.of(error(code, words)).message()).endsWith("It says: " + words);
  }

  @ParameterizedTest
  @CsvSource({"409, the object has been modified", "429, too many requests", "500, etcd is away"})
  void whatPassesByItselfIsTriedAgain(int code, String words) {
    KubernetesClientException error = error(code, words);
    assertThatThrownBy(() -> Refusal.of(error)).isSameAs(error);
  }
}
