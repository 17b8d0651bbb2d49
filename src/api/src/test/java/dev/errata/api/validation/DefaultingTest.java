package dev.errata.api.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The cases are those of "Defaulting" in the Kubernetes documentation of custom resources. */
class DefaultingTest {
  private static final String SCHEMA =
      """
      {"type": "object", "properties": {
        "a": {"type": "string", "default": "x"},
        "n": {"type": "string", "nullable": true, "default": "y"},
        "b": {"type": "object", "default": {}, "properties": {
           "c": {"type": "integer", "default": 1}}},
        "d": {"type": "object", "properties": {"e": {"type": "integer", "default": 2}}},
        "l": {"type": "array", "items": {"type": "object", "properties": {
           "f": {"type": "boolean", "default": false}}}},
        "m": {"type": "object", "additionalProperties": {"type": "object", "properties": {
           "g": {"type": "integer", "default": 3}}}}}}
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "{}|{'a':'x','n':'y','b':{'c':1}}",
        "{'a':null,'n':null}|{'a':'x','n':null,'b':{'c':1}}",
        "{'a':'z','n':'z','b':{'c':5}}|{'a':'z','n':'z','b':{'c':5}}",
        "{'d':{}}|{'a':'x','n':'y','b':{'c':1},'d':{'e':2}}",
        "{'d':null}|{'a':'x','n':'y','b':{'c':1}}",
        "{'l':[{},{'f':true}]}|{'a':'x','n':'y','b':{'c':1},'l':[{'f':false},{'f':true}]}",
        "{'m':{'k':{}}}|{'a':'x','n':'y','b':{'c':1},'m':{'k':{'g':3}}}",
      })
  void fillsIn(String given, String expected) throws JsonProcessingException {
    ObjectMapper json = new ObjectMapper();
    JsonNode value = json.readTree(given.replace('\'', '"'));
    Defaulting.apply(json.readTree(SCHEMA), value);
    assertThat(value).isEqualTo(json.readTree(expected.replace('\'', '"')));
  }
}
