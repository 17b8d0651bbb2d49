package dev.errata.api.validation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CelRulesTest {
  private static List<String> check(String schema, String value) {
    return CelRules.check(json(schema), json(value)).stream().map(Finding::toString).toList();
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"models", "editjobs"})
  void everyRuleOfTheCrdsCompiles(String plural) {
    List<JsonNode> rules = Crd.load(plural).schema().findValues("x-kubernetes-validations");
    assertThat(rules).isNotEmpty();
    rules.forEach(
        list ->
            list.forEach(
                rule -> assertThat(CelRules.compile(rule.get("rule").asText())).isNotNull()));
  }

  @Test
  void rulesAboutUpdatesAreForUpdates() {
    assertThat(CelRules.compile("self == oldSelf").transition()).isTrue();
    assertThat(CelRules.compile("self != 'oldSelf'").transition()).isFalse();
    assertThat(
            check(
                "{'type':'string','x-kubernetes-validations':[{'rule':'self == oldSelf'}]}", "'a'"))
        .isEmpty();
  }

  @Test
  void rulesHoldAtEveryNode() {
    String rule = "'x-kubernetes-validations':[{'rule':'self > 1.5','message':'too small'}]";
    String number = "{'type':'number'," + rule + "}";
    assertThat(
            check(
                "{'properties':{'a':{'type':'array','items':%s},'m':{'additionalProperties':%s}}}"
                    .formatted(number, number),
                "{'a':[1,2,1.6],'m':{'x':1,'y':3}}"))
        .containsExactly(
            "a[0]: Invalid value: \"number\": too small",
            "m.x: Invalid value: \"number\": too small");
  }

  @Test
  void messagesCanBeComputedAndPointAtAField() {
    assertThat(
            check(
                "{'type':'object','x-kubernetes-validations':[{'rule':'self.a < self.b','fieldPath':"
                    + "'.a','messageExpression':'string(self.a) + \\' is too much\\''}]}"
                        .replace("\\'", "\\u0027"),
                "{'a':3,'b':2}"))
        .containsExactly(".a: Invalid value: \"object\": 3 is too much");
  }

  @Test
  void aRuleWithoutMessageIsShown() {
    assertThat(
            check(
                "{'type':'string','x-kubernetes-validations':[{'rule':'size(self) > 3'}]}", "'ab'"))
        .containsExactly("Invalid value: \"string\": failed rule: size(self) > 3");
  }

  @Test
  void aRuleThatCannotBeEvaluatedRefuses() {
    assertThat(check("{'type':'object','x-kubernetes-validations':[{'rule':'self.a > 1'}]}", "{}"))
        .singleElement()
        .asString()
        .startsWith("Invalid value: \"object\": rule cannot be evaluated: self.a > 1: ");
  }

  @Test
  void aRuleThatIsNotCelIsAnErrorOfTheCrd() {
    assertThatThrownBy(() -> CelRules.compile("self ==="))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("rule of a CRD: self ===");
  }
}
