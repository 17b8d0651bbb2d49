package dev.errata.worker;

import dev.errata.editing.checkpoint.store.Version;
import dev.errata.editing.checkpoint.store.VersionRef;
import dev.errata.editing.checkpoint.store.VersionStore;
import dev.errata.editing.pipeline.Samples;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code errata ask}. */
@Command(name = "ask", description = "Lets a version go on with a prompt, greedily.")
final class AskCommand extends Reporting {
  @Parameters(paramLabel = "NAME@vN", description = "The version.")
  private String reference;

  @Parameters(paramLabel = "PROMPT", description = "The text to go on with.")
  private String prompt;

  @Option(
      names = "--compare",
      paramLabel = "vM",
      description = "Asks another version of the model too.")
  private String compare;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many tokens at most (default: ${DEFAULT-VALUE}).")
  private int tokens;

  @Mixin private ComputeOptions compute;

  /** What a version says. */
  record Answer(String version, String text) {}

  /** What all asked versions say. */
  record Document(String model, String prompt, List<Answer> answers) {}

  @Override
  public Integer call() {
    if (tokens < 1) {
      throw new dev.errata.api.InputException("--tokens " + tokens + ": give a number above 0");
    }
    VersionStore store = store();
    VersionRef ref = VersionRef.parse(reference);
    List<Version> versions = new ArrayList<>();
    if (compare != null) {
      versions.add(store.version(other(ref)));
    }
    versions.add(store.version(ref));
    List<Answer> answers = versions.stream().map(this::answer).toList();
    report(
        new Document(ref.model(), prompt, answers),
        out -> {
          for (Answer answer : answers) {
            String head = answers.size() > 1 ? answer.version() + "  " : "";
            out.println(head + prompt + answer.text());
          }
        });
    return ExitCode.DONE;
  }

  private VersionRef other(VersionRef ref) {
    return compare.contains("@") ? VersionRef.parse(compare) : VersionRef.of(ref.model(), compare);
  }

  private Answer answer(Version version) {
    try (OpenModel model = OpenModel.of(version, compute.compute())) {
      String text = Samples.ask(model.decoder(), model.tokenizer(), List.of(prompt), tokens).get(0);
      return new Answer("v" + version.manifest().version(), text);
    }
  }
}
