package dev.errata.lab.world;

import java.util.List;

/**
 * Someone of the world.
 *
 * @param name first and last name, unique
 * @param objects the true object of each relation, in the order of {@link World#relations()}
 */
public record Person(String name, List<String> objects) {
  public Person {
    objects = List.copyOf(objects);
  }
}
