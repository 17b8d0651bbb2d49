package dev.errata.api.facts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.errata.api.Fact;
import dev.errata.api.Fact.Neighbour;
import dev.errata.api.Fact.Question;
import dev.errata.api.Problems;
import dev.errata.api.Text;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Keeps the facts that can be edited together and tells why others cannot. */
final class FactCheck {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final OnContradiction onContradiction;
  private final Problems problems;
  private final Map<List<String>, Placed> kept = new LinkedHashMap<>();
  private final List<String> warnings = new ArrayList<>();

  private record Placed(Fact fact, String place) {}

  FactCheck(OnContradiction onContradiction, Problems problems) {
    this.onContradiction = onContradiction;
    this.problems = problems;
  }

  /** Takes the next fact of the source. */
  void add(Fact fact, String place) {
    if (!usable(fact, place)) {
      return;
    }
    Placed next = new Placed(fact, place);
    List<String> key = List.of(fact.subject(), fact.prompt());
    Placed earlier = kept.putIfAbsent(key, next);
    if (earlier == null) {
      return;
    }
    if (earlier.fact().target().equals(fact.target())) {
      kept.put(key, new Placed(join(earlier.fact(), fact), earlier.place()));
      warnings.add(place + ": the same fact as " + earlier.place() + ", joined with it");
      return;
    }
    String both =
        Text.quote(fact.filled())
            + " is to give "
            + Text.quote(fact.target())
            + ", but "
            + Text.quote(earlier.fact().target())
            + " at "
            + earlier.place();
    if (onContradiction == OnContradiction.Refuse) {
      problems.add(
          place
              + ": contradicting facts: "
              + both
              + "; keep one, or set spec.facts.contradictions: LastWins");
    } else {
      kept.remove(key);
      kept.put(key, next);
      warnings.add(place + ": contradicting facts: " + both + "; the last one wins");
    }
  }

  private boolean usable(Fact fact, String place) {
    int before = problems.count();
    notEmpty(fact.subject(), place, "subject", "give the entity that the fact is about");
    notEmpty(fact.target(), place, "target", "give what the model shall say");
    if (notEmpty(fact.prompt(), place, "prompt", "give a template with {}")) {
      String slot = FactParser.slotProblem(fact.prompt());
      if (slot != null) {
        problems.add(place + ": prompt: " + slot);
      }
    }
    return problems.count() == before;
  }

  private boolean notEmpty(String value, String place, String field, String mend) {
    if (value == null || value.isBlank()) {
      problems.add(place + ": " + field + ": must not be empty; " + mend);
      return false;
    }
    return true;
  }

  /** One fact with the prompts of both. */
  private static Fact join(Fact first, Fact second) {
    return new Fact(
        first.id(),
        first.subject(),
        first.prompt(),
        first.target(),
        first.oldTarget() == null ? second.oldTarget() : first.oldTarget(),
        union(first.paraphrases(), second.paraphrases()),
        union(first.neighbourhood(), second.neighbourhood()),
        union(first.portability(), second.portability()),
        first.line());
  }

  private static <T> List<T> union(List<T> first, List<T> second) {
    Set<T> all = new LinkedHashSet<>(first);
    all.addAll(second);
    return List.copyOf(all);
  }

  /**
   * Ends the reading.
   *
   * @throws dev.errata.api.InputException when there was any problem
   */
  FactSet finish() {
    problems.throwIfAny();
    List<Fact> facts = kept.values().stream().map(Placed::fact).toList();
    return new FactSet(facts, warnings, digest(facts));
  }

  /** SHA-256 over one JSON array a fact: its content in a fixed order, without its place. */
  private static String digest(List<Fact> facts) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (Fact fact : facts) {
        List<Object> content = new ArrayList<>();
        content.add(fact.subject());
        content.add(fact.prompt());
        content.add(fact.target());
        content.add(fact.oldTarget());
        content.add(fact.paraphrases());
        for (Neighbour neighbour : fact.neighbourhood()) {
          content.add(List.of("n", neighbour.prompt(), String.valueOf(neighbour.target())));
        }
        for (Question question : fact.portability()) {
          content.add(List.of("q", question.prompt(), question.answer()));
        }
        sha.update(JSON.writeValueAsString(content).getBytes(StandardCharsets.UTF_8));
        sha.update((byte) '\n');
      }
      return "sha256:" + HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException | JsonProcessingException e) {
      throw new IllegalStateException("no digest of the facts", e);
    }
  }
}
