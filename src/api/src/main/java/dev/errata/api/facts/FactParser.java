package dev.errata.api.facts;

import dev.errata.api.Fact;
import dev.errata.api.Fact.Neighbour;
import dev.errata.api.Fact.Question;
import dev.errata.api.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Turns one record of a source into facts, one method a format. */
final class FactParser {
  private static final String ABOUT = "give the entity that the fact is about";
  private static final String SAYS = "give what the model shall say";
  private static final String TEMPLATE = "give a template with {} where the subject stands";
  private static final String ASKS = "give a prompt";
  private static final Set<String> FACT =
      Set.of(
          "id",
          "subject",
          "prompt",
          "target",
          "oldTarget",
          "paraphrases",
          "neighbourhood",
          "portability");

  private FactParser() {}

  /** The facts of one record; those with a problem are left out, the problem is in the fields. */
  static List<Fact> parse(FactFormat format, Fields fields, int line) {
    return switch (format) {
      case Jsonl -> one(jsonl(fields, line));
      case CounterFact ->
          one(fields.has("requested_rewrite") ? nested(fields, line) : flat(fields, line));
      case ZsRE -> one(fields.has("src") ? mend(fields, line) : flat(fields, line));
      case MQuAKE -> mquake(fields, line);
    };
  }

  private static List<Fact> one(Fact fact) {
    return fact == null ? List.of() : List.of(fact);
  }

  private static Fact jsonl(Fields fields, int line) {
    fields.only(FACT);
    List<Neighbour> neighbours = new ArrayList<>();
    for (Fields item : fields.objects("neighbourhood")) {
      item.only(Set.of("prompt", "target"));
      String prompt = item.text("prompt", ASKS);
      String target = item.first("target");
      if (prompt != null) {
        neighbours.add(new Neighbour(prompt, target));
      }
    }
    List<Question> questions = new ArrayList<>();
    for (Fields item : fields.objects("portability")) {
      item.only(Set.of("prompt", "answer"));
      String prompt = item.text("prompt", ASKS);
      String answer = item.text("answer", "give the answer after the edit");
      if (prompt != null && answer != null) {
        questions.add(new Question(prompt, answer));
      }
    }
    return fact(
        fields.optional("id"),
        fields.text("subject", ABOUT),
        template(fields, fields.text("prompt", TEMPLATE)),
        fields.text("target", SAYS),
        fields.first("oldTarget"),
        fields.texts("paraphrases"),
        neighbours,
        questions,
        line);
  }

  /** CounterFact as published: templates, and neighbours that share the true answer. */
  private static Fact nested(Fields fields, int line) {
    Fields rewrite = fields.object("requested_rewrite", "give prompt, subject and targets");
    if (rewrite == null) {
      return null;
    }
    String truth = answer(rewrite, "target_true");
    List<Neighbour> neighbours = new ArrayList<>();
    for (String prompt : fields.texts("neighborhood_prompts")) {
      neighbours.add(new Neighbour(prompt, truth));
    }
    Fields target = rewrite.object("target_new", SAYS);
    return fact(
        fields.first("case_id"),
        rewrite.text("subject", ABOUT),
        template(rewrite, rewrite.text("prompt", TEMPLATE)),
        target == null ? null : target.text("str", SAYS),
        truth,
        fields.texts("paraphrase_prompts"),
        neighbours,
        List.of(),
        line);
  }

  /** EasyEdit: prompts hold the subject; locality and portability are flat or grouped by kind. */
  private static Fact flat(Fields fields, int line) {
    String subject = fields.text("subject", ABOUT);
    String prompt = fields.text("prompt", "give a prompt that holds the subject");
    List<Neighbour> neighbours = new ArrayList<>();
    for (String text : fields.texts("locality_prompt")) {
      neighbours.add(new Neighbour(text, fields.first("locality_ground_truth")));
    }
    for (Fields item : kinds(fields, "locality")) {
      neighbours.add(new Neighbour(item.text("prompt", ASKS), item.first("ground_truth")));
    }
    List<Question> questions = new ArrayList<>();
    for (Fields item : kinds(fields, "portability")) {
      questions.add(new Question(item.text("prompt", ASKS), item.first("ground_truth")));
    }
    return fact(
        fields.first("case_id"),
        subject,
        asTemplate(fields, "prompt", prompt, subject),
        fields.text("target_new", SAYS),
        fields.first("ground_truth"),
        fields.texts(fields.has("rephrase_prompt") ? "rephrase_prompt" : "rephrase"),
        neighbours,
        questions,
        line);
  }

  /** The objects of all kinds of {@code {"Kind": [{"prompt", "ground_truth"}]}}. */
  private static List<Fields> kinds(Fields fields, String field) {
    List<Fields> all = new ArrayList<>();
    if (fields.isObject(field)) {
      Fields kinds = fields.object(field, "");
      for (String kind : kinds.names()) {
        all.addAll(kinds.objects(kind));
      }
    }
    return all;
  }

  /** zsRE in the form of MEND; the question of Natural Questions is kept as EasyEdit asks it. */
  private static Fact mend(Fields fields, int line) {
    String subject = fields.text("subject", ABOUT);
    String prompt = fields.text("src", "give a question that holds the subject");
    List<Neighbour> neighbours = new ArrayList<>();
    for (String text : fields.texts("loc")) {
      neighbours.add(new Neighbour(text, fields.first("loc_ans")));
    }
    List<Question> questions = new ArrayList<>();
    if (fields.isObject("portability")) {
      Fields item = fields.object("portability", "");
      String question = item.text("New Question", ASKS);
      String answer = item.text("New Answer", "give the answer after the edit");
      if (question != null && answer != null) {
        questions.add(new Question(question, answer));
      }
    }
    String truth = fields.first("answers");
    return fact(
        fields.first("case_id"),
        subject,
        asTemplate(fields, "src", prompt, subject),
        fields.text("alt", SAYS),
        truth == null ? fields.first("pred") : truth,
        fields.texts("rephrase"),
        neighbours,
        questions,
        line);
  }

  /** A case changes one or more facts; its multi-hop questions go with the first of them. */
  private static List<Fact> mquake(Fields fields, int line) {
    List<Question> questions = new ArrayList<>();
    String answer = fields.text("new_answer", "give the answer after the edit");
    for (String question : fields.texts("questions")) {
      if (answer != null) {
        questions.add(new Question(question, answer));
      }
    }
    List<Fields> rewrites = fields.objects("requested_rewrite");
    if (rewrites.isEmpty()) {
      fields.problem("requested_rewrite", "holds no fact; give prompt, subject and targets");
    }
    List<Fact> facts = new ArrayList<>();
    for (Fields rewrite : rewrites) {
      Fields target = rewrite.object("target_new", SAYS);
      Fact fact =
          fact(
              fields.first("case_id"),
              rewrite.text("subject", ABOUT),
              template(rewrite, rewrite.text("prompt", TEMPLATE)),
              target == null ? null : target.text("str", SAYS),
              answer(rewrite, "target_true"),
              rewrite.texts("question"),
              List.of(),
              rewrite == rewrites.get(0) ? questions : List.of(),
              line);
      if (fact != null) {
        facts.add(fact);
      }
    }
    return facts;
  }

  private static String answer(Fields rewrite, String field) {
    if (!rewrite.has(field)) {
      return null;
    }
    Fields target = rewrite.object(field, "give its str");
    return target == null ? null : target.first("str");
  }

  private static Fact fact(
      String id,
      String subject,
      String prompt,
      String target,
      String oldTarget,
      List<String> paraphrases,
      List<Neighbour> neighbours,
      List<Question> questions,
      int line) {
    if (subject == null || prompt == null || target == null) {
      return null;
    }
    return new Fact(
        id,
        subject,
        prompt,
        target,
        oldTarget,
        paraphrases,
        neighbours.stream().filter(n -> n.prompt() != null).toList(),
        questions.stream().filter(q -> q.prompt() != null && q.answer() != null).toList(),
        line);
  }

  private static String template(Fields fields, String prompt) {
    if (prompt == null) {
      return null;
    }
    String problem = slotProblem(prompt);
    if (problem != null) {
      fields.problem("prompt", problem);
      return null;
    }
    return prompt;
  }

  /** What is wrong with the slots of a template, or null. */
  static String slotProblem(String prompt) {
    int slots = (prompt.length() - prompt.replace(Fact.SLOT, "").length()) / Fact.SLOT.length();
    if (slots == 1) {
      return null;
    }
    return slots == 0
        ? "has no {}: " + Text.quote(prompt) + "; put {} where the subject stands"
        : "has " + slots + " {}: " + Text.quote(prompt) + "; keep the one for the subject";
  }

  /**
   * The prompt with the subject's first mention replaced by the slot; a mention that is a word of
   * its own comes before one inside another word.
   */
  private static String asTemplate(Fields fields, String field, String prompt, String subject) {
    if (prompt == null || subject == null) {
      return null;
    }
    int first = prompt.indexOf(subject);
    if (first < 0) {
      fields.problem(
          field,
          "does not hold the subject "
              + Text.quote(subject)
              + ": "
              + Text.quote(prompt)
              + "; write the subject as it stands in the prompt");
      return null;
    }
    for (int at = first; at >= 0; at = prompt.indexOf(subject, at + 1)) {
      if (isWord(prompt, at, at + subject.length())) {
        first = at;
        break;
      }
    }
    String template =
        prompt.substring(0, first) + Fact.SLOT + prompt.substring(first + subject.length());
    String problem = slotProblem(template);
    if (problem != null) {
      fields.problem(field, "holds {} beside the subject: " + Text.quote(prompt) + "; remove it");
      return null;
    }
    return template;
  }

  private static boolean isWord(String text, int start, int end) {
    return (start == 0 || !Character.isLetterOrDigit(text.codePointBefore(start)))
        && (end == text.length() || !Character.isLetterOrDigit(text.codePointAt(end)));
  }
}
