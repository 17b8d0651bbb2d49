package dev.errata.lab.world;

import dev.errata.api.Fact;
import dev.errata.api.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Facts of a world: those that are true, and edits that contradict them. */
public final class WorldFacts {
  private static final int NEIGHBOURS = 5;

  private final World world;

  public WorldFacts(World world) {
    this.world = world;
  }

  /** Every true fact: its relation's first phrasing as the prompt, the others as paraphrases. */
  public List<Fact> truths() {
    List<Fact> truths = new ArrayList<>();
    for (Person person : world.people()) {
      for (int r = 0; r < world.relations().size(); r++) {
        List<String> phrasings = world.relations().get(r).phrasings();
        int line = truths.size() + 1;
        truths.add(
            new Fact(
                "truth-" + line,
                person.name(),
                phrasings.get(0),
                person.objects().get(r),
                null,
                others(phrasings, person),
                List.of(),
                List.of(),
                line));
      }
    }
    return truths;
  }

  /**
   * Edits, each of another relation and, while the people last, of another person. The new target
   * is another object of the relation, the paraphrases are the relation's other phrasings and the
   * neighbourhood asks the same phrasing of people with the same old object.
   */
  public List<Fact> edits(long seed, int count) {
    if (count < 1 || count > world.size()) {
      throw new InputException(
          "facts: %d asked for; choose from 1 to %d, the facts there are"
              .formatted(count, world.size()));
    }
    Draws draws = new Draws(seed, "edits");
    List<Person> people = draws.shuffled(world.people());
    List<Integer> relations =
        draws.shuffled(IntStream.range(0, world.relations().size()).boxed().toList());
    List<Fact> edits = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int person = i % people.size();
      int round = i / people.size();
      int relation = relations.get((person + round) % relations.size());
      edits.add(edit(people.get(person), relation, i + 1, draws));
    }
    return edits;
  }

  private Fact edit(Person person, int index, int line, Draws draws) {
    Relation relation = world.relations().get(index);
    String old = person.objects().get(index);
    List<String> phrasings = draws.shuffled(relation.phrasings());
    String prompt = phrasings.get(0);
    List<Fact.Neighbour> neighbours =
        draws
            .shuffled(
                world.people().stream()
                    .filter(p -> !p.equals(person) && p.objects().get(index).equals(old))
                    .toList())
            .stream()
            .limit(NEIGHBOURS)
            .map(p -> new Fact.Neighbour(prompt.replace(Fact.SLOT, p.name()), old))
            .toList();
    return new Fact(
        "world-" + line,
        person.name(),
        prompt,
        draws.one(relation.objects().stream().filter(o -> !o.equals(old)).toList()),
        old,
        others(phrasings, person),
        neighbours,
        List.of(),
        line);
  }

  private static List<String> others(List<String> phrasings, Person person) {
    return phrasings.stream().skip(1).map(p -> p.replace(Fact.SLOT, person.name())).toList();
  }
}
