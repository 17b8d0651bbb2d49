package dev.errata.api.listing;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * A fact that a version was made with.
 *
 * @param id its name, or null
 * @param subject what it is about
 * @param prompt template with one {@code {}}
 * @param target what the model was made to say
 * @param oldTarget what it said before, or null when the fact does not tell
 * @param verified whether it held after the edit; null when the version's report does not say
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ListedFact(
    String id, String subject, String prompt, String target, String oldTarget, Boolean verified) {}
