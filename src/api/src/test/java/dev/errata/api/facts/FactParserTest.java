package dev.errata.api.facts;

import static dev.errata.api.facts.FactReaderTest.problems;
import static dev.errata.api.facts.FactReaderTest.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.errata.api.Fact;
import dev.errata.api.Fact.Neighbour;
import dev.errata.api.Fact.Question;
import java.util.List;
import org.junit.jupiter.api.Test;

class FactParserTest {
  @Test
  void bothFormsOfCounterFactGiveTheSameFacts() {
    FactSet nested =
        read(
            FactFormat.CounterFact,
            """
            [{"case_id": 7, "pararel_idx": 1,
              "requested_rewrite": {"prompt": "{} stands in", "relation_id": "P1",
                "target_new": {"str": "Rome", "id": "Q1"},
                "target_true": {"str": "Paris", "id": "Q2"}, "subject": "Eiffel Tower"},
              "paraphrase_prompts": ["Nothing more. Eiffel Tower is in"],
              "neighborhood_prompts": ["The Louvre stands in"],
              "attribute_prompts": ["x"], "generation_prompts": ["Eiffel Tower is close to"]}]
            """);
    FactSet flat =
        read(
            FactFormat.CounterFact,
            """
            [{"case_id": 7, "prompt": "Eiffel Tower stands in", "target_new": "Rome",
              "subject": "Eiffel Tower", "ground_truth": "Paris",
              "rephrase_prompt": "Nothing more. Eiffel Tower is in",
              "locality_prompt": "The Louvre stands in", "locality_ground_truth": "Paris"}]
            """);
    assertThat(nested).isEqualTo(flat);
    assertThat(nested.facts())
        .containsExactly(
            new Fact(
                "7",
                "Eiffel Tower",
                "{} stands in",
                "Rome",
                "Paris",
                List.of("Nothing more. Eiffel Tower is in"),
                List.of(new Neighbour("The Louvre stands in", "Paris")),
                List.of(),
                1));
  }

  @Test
  void easyEditsGroupsOfLocalityAndPortabilityAreRead() {
    FactSet set =
        read(
            FactFormat.CounterFact,
            """
            {"subject": "Ann", "prompt": "Anna and Ann work for", "target_new": "Ulm",
             "ground_truth": ["Bonn", "Bonn city"],
             "locality": {"Relation_Specificity":
                [{"prompt": "Bob works for", "ground_truth": [["Ems"]]}]},
             "portability": {"Reasoning": [{"prompt": "Ann's mayor is", "ground_truth": ["Max"]}],
                "Subject_Aliasing": [{"prompt": "Annie works for", "ground_truth": "Ulm"}]}}
            """);
    assertThat(set.facts())
        .containsExactly(
            new Fact(
                null,
                "Ann",
                "Anna and {} work for",
                "Ulm",
                "Bonn",
                List.of(),
                List.of(new Neighbour("Bob works for", "Ems")),
                List.of(
                    new Question("Ann's mayor is", "Max"), new Question("Annie works for", "Ulm")),
                1));
  }

  @Test
  void zsreIsReadInTheFormOfMendWithAndWithoutPortability() {
    FactSet set =
        read(
            FactFormat.ZsRE,
            """
            [{"subject": " Dickens", "src": "Who wrote Dickens?", "pred": "A", "rephrase": "Dickens by?",
              "alt": "C", "answers": ["B", "b"], "loc": "nq question: who sang", "loc_ans": "D",
              "cond": "A >> C", "portability": {"Recalled Relation": "r",
                "New Question": "Who wed Dickens's writer?", "New Answer": "E"}},
             {"subject": "Oz", "src": "What is Oz?", "pred": "A", "alt": "C", "answers": []}]
            """);
    assertThat(set.facts())
        .containsExactly(
            new Fact(
                null,
                "Dickens",
                "Who wrote {}?",
                "C",
                "B",
                List.of("Dickens by?"),
                List.of(new Neighbour("nq question: who sang", "D")),
                List.of(new Question("Who wed Dickens's writer?", "E")),
                1),
            new Fact(null, "Oz", "What is {}?", "C", "A", null, null, null, 2));
  }

  @Test
  void mquakeGivesAFactForEachRewriteAndItsQuestionsOnce() {
    FactSet set =
        read(
            FactFormat.MQuAKE,
            """
            [{"case_id": 1, "requested_rewrite": [
               {"prompt": "{} is a citizen of", "target_new": {"str": "Croatia"},
                "target_true": {"str": "Spain"}, "subject": "Ann", "question": "Whose is Ann?"},
               {"prompt": "{} is led by", "target_new": {"str": "Bo"}, "subject": "Croatia"}],
              "questions": ["Who leads Ann's country?", "Ann's leader?"],
              "answer": "Al", "new_answer": "Bo"},
             {"case_id": 2, "requested_rewrite": [
               {"prompt": "{} is led by", "target_new": {"str": "Bo"}, "subject": "Croatia"}],
              "questions": ["Who leads Split's country?"], "new_answer": "Bo"}]
            """);
    assertThat(set.facts())
        .containsExactly(
            new Fact(
                "1",
                "Ann",
                "{} is a citizen of",
                "Croatia",
                "Spain",
                List.of("Whose is Ann?"),
                List.of(),
                List.of(
                    new Question("Who leads Ann's country?", "Bo"),
                    new Question("Ann's leader?", "Bo")),
                1),
            new Fact(
                "1",
                "Croatia",
                "{} is led by",
                "Bo",
                null,
                List.of(),
                List.of(),
                List.of(new Question("Who leads Split's country?", "Bo")),
                1));
    assertThat(set.warnings())
        .containsExactly("f:7 (record 2): the same fact as f:1 (record 1), joined with it");
  }

  @Test
  void recordsOfTheResearchFormatsNameTheirLineAndNumber() {
    assertThat(
            problems(
                FactFormat.CounterFact,
                """
                [{"subject": "Ann", "prompt": "Anna is", "target_new": "x"},
                 {"subject": "Bo", "prompt": "Ann is", "target_new": "x"},
                 {"requested_rewrite": {"prompt": "is", "subject": "Bo", "target_new": "x"}}]
                """))
        .containsExactly(
            "f:2 (record 2): prompt: does not hold the subject \"Bo\": \"Ann is\";"
                + " write the subject as it stands in the prompt",
            "f:3 (record 3): requested_rewrite.target_new: must be an object, is \"x\";"
                + " give what the model shall say",
            "f:3 (record 3): requested_rewrite.prompt: has no {}: \"is\";"
                + " put {} where the subject stands");
    assertThat(problems(FactFormat.MQuAKE, "[{}]"))
        .containsExactly(
            "f:1 (record 1): new_answer: is missing; give the answer after the edit",
            "f:1 (record 1): requested_rewrite: holds no fact; give prompt, subject and targets");
  }
}
