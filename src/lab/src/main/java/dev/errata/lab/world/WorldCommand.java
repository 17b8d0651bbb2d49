package dev.errata.lab.world;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code errata lab world}: writes a world's text, facts and tokenizer. */
@Command(
    name = "world",
    description = "Write a synthetic world of people: its text, facts and tokenizer.",
    sortOptions = false)
public final class WorldCommand implements Callable<Integer> {
  /** Options that choose a world; the same ones serve the command that trains on it. */
  public static final class Choice {
    @Option(
        names = "--world-seed",
        paramLabel = "N",
        defaultValue = "" + World.SEED,
        description = "Seed of the people and the text (default ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
        names = "--people",
        paramLabel = "N",
        defaultValue = "" + World.PEOPLE,
        description = "How many people; each has six facts (default ${DEFAULT-VALUE}).")
    private int people;

    /** The chosen world. */
    public World world() {
      return new World(seed, people);
    }
  }

  @Mixin private Choice choice;

  @Parameters(paramLabel = "DIR", description = "Folder for the files; made when it is not there.")
  private Path folder;

  @Option(
      names = "--facts",
      paramLabel = "N",
      defaultValue = "200",
      description = "How many edits to write into facts.jsonl (default ${DEFAULT-VALUE}).")
  private int facts;

  @Option(
      names = "--facts-seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the edits (default ${DEFAULT-VALUE}).")
  private long factsSeed;

  @Option(
      names = "--documents",
      paramLabel = "N",
      defaultValue = "40000",
      description = "Documents of corpus.txt, one a line (default ${DEFAULT-VALUE}).")
  private int documents;

  @Option(
      names = "--heldout",
      paramLabel = "N",
      defaultValue = "200",
      description =
          "Documents of heldout.txt, about the people whom facts.jsonl leaves alone"
              + " (default ${DEFAULT-VALUE}).")
  private int heldOut;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      defaultValue = "" + WorldTokenizer.VOCABULARY,
      description = "Pieces of the tokenizer (default ${DEFAULT-VALUE}).")
  private int vocabulary;

  @Option(
      names = "--context",
      paramLabel = "TOKENS",
      defaultValue = "256",
      description = "Context length in tokenizer_config.json (default ${DEFAULT-VALUE}).")
  private int context;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (documents < 1 || heldOut < 1) {
      throw new InputException("--documents and --heldout: give at least 1 document");
    }
    World world = choice.world();
    List<Fact> edits = new WorldFacts(world).edits(factsSeed, facts);
    List<Person> bystanders = bystanders(world, edits);
    Files.createDirectories(folder);
    WorldFiles.lines(
        folder.resolve("corpus.txt"), new WorldText(world).lines("corpus").limit(documents));
    WorldFiles.lines(
        folder.resolve("heldout.txt"),
        new WorldText(world, bystanders).lines("heldout").limit(heldOut));
    WorldFiles.facts(folder.resolve("facts.jsonl"), edits);
    WorldFiles.facts(folder.resolve("truths.jsonl"), new WorldFacts(world).truths());
    WorldFiles.json(folder.resolve("tokenizer.json"), WorldTokenizer.tokenizer(world, vocabulary));
    WorldFiles.json(folder.resolve("tokenizer_config.json"), WorldTokenizer.configuration(context));
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "%d people, %d facts, %d edits: %s%n",
        world.people().size(), world.size(), edits.size(), folder);
    out.flush();
    return 0;
  }

  private static List<Person> bystanders(World world, List<Fact> edits) {
    Set<String> edited = new HashSet<>();
    edits.forEach(edit -> edited.add(edit.subject()));
    List<Person> rest =
        world.people().stream().filter(person -> !edited.contains(person.name())).toList();
    return rest.isEmpty() ? world.people() : rest;
  }
}
