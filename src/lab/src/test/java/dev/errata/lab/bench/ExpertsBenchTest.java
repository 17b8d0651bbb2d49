package dev.errata.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.InputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ExpertsBenchTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Exception failure;

  private int bench(String... arguments) {
    List<String> all = new ArrayList<>(List.of("experts"));
    all.addAll(List.of(arguments));
    return new CommandLine(new BenchCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .setExecutionExceptionHandler(
            (exception, line, parsed) -> {
              failure = exception;
              return 2;
            })
        .execute(all.toArray(String[]::new));
  }

  @Test
  void descentComesDownToTheClosedFormAndNeverBelow() throws IOException {
    int code =
        bench(
            "--experts=6",
            "--per-token=2",
            "--keys=30",
            "--width=12",
            "--hidden=5",
            "--passes=60",
            "--json");
    assertThat(code).as("%s %s", err, failure).isZero();
    JsonNode report = new ObjectMapper().readTree(out.toString());
    JsonNode exact = report.get("exact");
    assertThat(exact.get("residualShare").asDouble()).isCloseTo(0.3, within(1e-6));
    assertThat(exact.get("flops").asDouble()).isPositive();
    double before = Double.MAX_VALUE;
    for (JsonNode pass : report.get("descent")) {
      double objective = pass.get("objective").asDouble();
      assertThat(objective).isLessThanOrEqualTo(before * (1 + 1e-12));
      assertThat(objective).isGreaterThan(exact.get("objective").asDouble() * (1 - 1e-12));
      before = objective;
    }
    assertThat(report.get("descent")).hasSize(60);
    assertThat(report.get("descent").get(0).get("excess").asDouble()).isGreaterThan(1e-4);
    assertThat(report.get("descent").get(59).get("excess").asDouble()).isCloseTo(0, within(1e-6));
    assertThat(report.get("speedup").isNumber()).isTrue();
    // So small a solve may take less than the clock of processors can tell.
    boolean told = exact.get("cpuSeconds").asDouble() > 0;
    assertThat(report.get("cpuSpeedup").isNumber()).isEqualTo(told);
    assertThat(report.get("cpuSpeedup").isNull()).isEqualTo(!told);
    assertThat(report.get("projection").get("bytes").asLong()).isPositive();
  }

  @Test
  void theDescentMayBeLeftOut() {
    int code = bench("--experts=4", "--per-token=1", "--keys=9", "--width=8", "--passes=0");
    assertThat(code).as("%s %s", err, failure).isZero();
    assertThat(out.toString())
        .contains("closed form", "projected, not measured: 5 such layers")
        .doesNotContain("descent");
  }

  @Test
  void whatCannotBeIsNamedAllAtOnce() {
    assertThat(bench("--experts=4", "--per-token=5", "--keys=0", "--residual-share=1"))
        .isEqualTo(2);
    assertThat(failure)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--per-token is 5; a key reaches from 1 to all 4 --experts")
        .hasMessageContaining("--keys is 0; it must be 1 or more")
        .hasMessageContaining("--residual-share is 1.0");
  }
}
