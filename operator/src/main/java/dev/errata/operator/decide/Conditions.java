package dev.errata.operator.decide;

import dev.errata.api.resource.Condition;
import dev.errata.api.resource.ConditionType;
import dev.errata.api.resource.Reason;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Conditions by type; a change of the status sets the time of transition, nothing else does. */
public final class Conditions {
  private static final int MOST = 2048;

  private final Map<ConditionType, Condition> conditions = new EnumMap<>(ConditionType.class);
  private final Long generation;
  private final Instant now;

  /**
   * Takes over what is known.
   *
   * @param old the conditions so far; may be null
   * @param generation of the spec that the new ones speak of
   */
  public Conditions(List<Condition> old, Long generation, Instant now) {
    this.generation = generation;
    this.now = now;
    if (old != null) {
      for (Condition condition : old) {
        for (ConditionType type : ConditionType.values()) {
          if (type.name().equals(condition.type())) {
            conditions.put(type, condition);
          }
        }
      }
    }
  }

  /** Says whether something holds, and why. */
  public Conditions set(
      ConditionType type, Condition.Status status, Reason reason, String message) {
    Condition old = conditions.get(type);
    String since =
        old != null && old.status() == status ? old.lastTransitionTime() : Times.format(now);
    conditions.put(
        type, new Condition(type.name(), status, generation, since, reason.name(), clip(message)));
    return this;
  }

  /** Says that something holds or does not. */
  public Conditions set(ConditionType type, boolean holds, Reason reason, String message) {
    return set(type, holds ? Condition.Status.True : Condition.Status.False, reason, message);
  }

  /** Whether something is known to hold. */
  public boolean holds(ConditionType type) {
    Condition condition = conditions.get(type);
    return condition != null && condition.status() == Condition.Status.True;
  }

  /** Whether something is said for this reason. */
  public boolean says(ConditionType type, Reason reason) {
    Condition condition = conditions.get(type);
    return condition != null && condition.reason().equals(reason.name());
  }

  /** Says nothing of it any more. */
  public void forget(ConditionType type) {
    conditions.remove(type);
  }

  /** Whether anything is said of it. */
  public boolean has(ConditionType type) {
    return conditions.containsKey(type);
  }

  /** Seconds since the status of a condition changed, 0 when it is unknown. */
  public long age(ConditionType type) {
    Condition condition = conditions.get(type);
    return condition == null
        ? 0
        : Math.max(0, ChronoUnit.SECONDS.between(Times.parse(condition.lastTransitionTime()), now));
  }

  /** All of them, in the order of their types. */
  public List<Condition> list() {
    return List.copyOf(conditions.values());
  }

  private static String clip(String message) {
    if (message.length() <= MOST) {
      return message;
    }
    // The end of a log says more than its beginning.
    int head = MOST / 4;
    return message.substring(0, head)
        + " … "
        + message.substring(message.length() - (MOST - head - 3));
  }
}
