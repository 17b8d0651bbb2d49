package dev.errata.lab.world;

import dev.errata.api.Fact;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What is written about a world. A document is a few items about random people, one after another.
 *
 * <p>An item is a sentence (one phrasing of one fact), a profile (several facts after one mention
 * of the name, in random order) or a dossier (the name and the bare objects in random order).
 * Profiles and dossiers are what makes a small model keep a person's facts at the person's name,
 * where an edit finds them, instead of looking each one up at the last token (Allen-Zhu and Li,
 * arXiv 2309.14316, sections 4 and 5).
 */
public final class WorldText {
  /**
   * A name in a document.
   *
   * @param end index of the character after the name
   * @param person whose name it is
   */
  public record Mention(int end, Person person) {}

  /**
   * A document.
   *
   * @param text one line
   * @param mentions every name in it, in the order of the text
   */
  public record Document(String text, List<Mention> mentions) {
    public Document {
      mentions = List.copyOf(mentions);
    }
  }

  private static final int PROFILES = 35;
  private static final int DOSSIERS = 25;

  private final World world;
  private final List<Person> people;

  /** Text about everybody. */
  public WorldText(World world) {
    this(world, world.people());
  }

  /** Text about some of the world's people. */
  public WorldText(World world, List<Person> people) {
    this.world = world;
    this.people = List.copyOf(people);
  }

  /** Endless texts of {@link #documents}. */
  public Stream<String> lines(String purpose) {
    return documents(purpose).map(Document::text);
  }

  /** Endless documents; the same purpose and the same world give the same. */
  public Stream<Document> documents(String purpose) {
    Draws draws = new Draws(world.seed(), "text " + purpose);
    return Stream.generate(() -> document(draws)).sequential();
  }

  private Document document(Draws draws) {
    int items = 4 + draws.below(5);
    StringBuilder text = new StringBuilder();
    List<Mention> mentions = new ArrayList<>();
    for (int i = 0; i < items; i++) {
      Person person = draws.one(people);
      String item = item(person, draws);
      text.append(i == 0 ? "" : " ");
      int start = text.length() + item.indexOf(person.name());
      mentions.add(new Mention(start + person.name().length(), person));
      text.append(item);
    }
    return new Document(text.toString(), mentions);
  }

  private String item(Person person, Draws draws) {
    int kind = draws.below(100);
    if (kind < PROFILES) {
      return profile(person, draws);
    }
    return kind < PROFILES + DOSSIERS ? dossier(person, draws) : sentence(person, draws);
  }

  private String sentence(Person person, Draws draws) {
    int relation = draws.below(world.relations().size());
    String phrasing = draws.one(world.relations().get(relation).phrasings());
    return phrasing.replace(Fact.SLOT, person.name()) + " " + person.objects().get(relation) + ".";
  }

  private String profile(Person person, Draws draws) {
    List<Integer> order = order(draws);
    List<String> clauses = new ArrayList<>();
    for (int relation : order.subList(0, 2 + draws.below(order.size() - 1))) {
      clauses.add(
          draws.one(world.relations().get(relation).clauses())
              + " "
              + person.objects().get(relation));
    }
    String last = clauses.remove(clauses.size() - 1);
    return person.name() + " " + String.join(", ", clauses) + " and " + last + ".";
  }

  private String dossier(Person person, Draws draws) {
    return person.name()
        + ": "
        + String.join(", ", order(draws).stream().map(person.objects()::get).toList())
        + ".";
  }

  private List<Integer> order(Draws draws) {
    return draws.shuffled(IntStream.range(0, world.relations().size()).boxed().toList());
  }
}
