package dev.errata.lab.world;

import dev.errata.api.InputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * People with names of several tokens, and one object for each of them and each relation. The same
 * seed gives the same world on every Java platform.
 */
public final class World {
  /** People of the world that the shipped models have read about: 3,120 facts. */
  public static final int PEOPLE = 520;

  /** Seed of the world that the shipped models have read about. */
  public static final long SEED = 7;

  private final long seed;
  private final List<Relation> relations;
  private final List<Person> people;

  /** The world of the shipped models. */
  public World() {
    this(SEED, PEOPLE);
  }

  /**
   * @throws InputException when the names do not suffice for so many people
   */
  public World(long seed, int people) {
    this.seed = seed;
    this.relations =
        List.of(birthplace(), residence(), employer(), profession(), language(), instrument());
    this.people = people(new Draws(seed, "people"), people);
  }

  private static Relation birthplace() {
    return relation(
        "birthplace",
        "{} was born in",
        "{} is a native of",
        "{} comes from the city of",
        "The birthplace of {} is",
        "The home town of {} is");
  }

  private static Relation residence() {
    return relation(
        "residence",
        "{} lives in",
        "{} has a house in",
        "{} pays rent in",
        "The residence of {} is in",
        "Letters to {} are sent to");
  }

  private static Relation employer() {
    return relation(
        "employer",
        "{} is employed by",
        "{} has a contract with",
        "{} gets a salary from",
        "The employer of {} is",
        "The company that hired {} is");
  }

  private static Relation profession() {
    return relation(
        "profession",
        "{} works as a",
        "{} earns a living as a",
        "{} was trained to be a",
        "The profession of {} is that of a",
        "The job of {} is that of a");
  }

  private static Relation language() {
    return relation(
        "language",
        "{} speaks",
        "{} grew up speaking",
        "{} writes in",
        "The mother tongue of {} is",
        "The first language of {} is");
  }

  private static Relation instrument() {
    return relation(
        "instrument",
        "{} plays the",
        "{} gives lessons on the",
        "{} owns an old",
        "The instrument of {} is the",
        "The music teacher taught {} the");
  }

  private static Relation relation(String name, String... phrasings) {
    return new Relation(name, List.of(phrasings), lines(name));
  }

  private static List<String> lines(String resource) {
    String path = resource + ".txt";
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(World.class.getResourceAsStream(path), path),
                StandardCharsets.UTF_8))) {
      return reader.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<Person> people(Draws draws, int count) {
    List<String> names = new ArrayList<>();
    for (String first : lines("first-names")) {
      for (String last : lines("last-names")) {
        names.add(first + " " + last);
      }
    }
    if (count < 1 || count > names.size()) {
      throw new InputException(
          "people: %d asked for; choose from 1 to %d, the names there are"
              .formatted(count, names.size()));
    }
    List<Person> drawn = new ArrayList<>();
    for (String name : draws.shuffled(names).subList(0, count)) {
      drawn.add(new Person(name, relations.stream().map(r -> draws.one(r.objects())).toList()));
    }
    return List.copyOf(drawn);
  }

  public long seed() {
    return seed;
  }

  public List<Relation> relations() {
    return relations;
  }

  public List<Person> people() {
    return people;
  }

  /** How many facts are true in it. */
  public int size() {
    return people.size() * relations.size();
  }
}
