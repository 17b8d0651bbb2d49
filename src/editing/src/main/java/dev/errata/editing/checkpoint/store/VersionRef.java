package dev.errata.editing.checkpoint.store;

import dev.errata.api.InputException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A name for a version: {@code NAME@v3}, {@code NAME@current}, {@code NAME@latest} or {@code
 * NAME@base}. A name alone means its current version.
 *
 * @param model name of the model
 * @param selector which of its versions
 * @param number the number when the selector is {@link Selector#NUMBER}, 0 otherwise
 */
public record VersionRef(String model, Selector selector, int number) {
  /** Ways to choose a version. */
  public enum Selector {
    /** A given number. */
    NUMBER,
    /** The version that serving reads. */
    CURRENT,
    /** The newest published version. */
    LATEST,
    /** Version 0. */
    BASE
  }

  private static final Pattern NUMBER = Pattern.compile("v(0|[1-9][0-9]{0,8})");

  /** The version with a number. */
  public static VersionRef of(String model, int number) {
    return new VersionRef(model, Selector.NUMBER, number);
  }

  /**
   * A version by the word that an EditJob's {@code spec.from} uses.
   *
   * @param selector {@code vN}, {@code current}, {@code latest} or {@code base}, in any case
   */
  public static VersionRef of(String model, String selector) {
    String word = selector.toLowerCase(Locale.ROOT);
    Matcher number = NUMBER.matcher(word);
    if (number.matches()) {
      return of(model, Integer.parseInt(number.group(1)));
    }
    return switch (word) {
      case "current" -> new VersionRef(model, Selector.CURRENT, 0);
      case "latest" -> new VersionRef(model, Selector.LATEST, 0);
      case "base" -> new VersionRef(model, Selector.BASE, 0);
      default ->
          throw new InputException(
              "version '"
                  + selector
                  + "' of model '"
                  + model
                  + "': write v0, v1, …, current, latest or base");
    };
  }

  /**
   * Reads a reference as a person writes it.
   *
   * @throws InputException when it is not one
   */
  public static VersionRef parse(String reference) {
    int at = reference.indexOf('@');
    if (at < 0) {
      return of(ModelName.check(reference), "current");
    }
    return of(ModelName.check(reference.substring(0, at)), reference.substring(at + 1));
  }

  @Override
  public String toString() {
    return model
        + "@"
        + (selector == Selector.NUMBER ? "v" + number : selector.name().toLowerCase(Locale.ROOT));
  }
}
