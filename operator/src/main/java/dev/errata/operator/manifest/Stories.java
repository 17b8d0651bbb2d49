package dev.errata.operator.manifest;

import dev.errata.operator.decide.Note;
import dev.errata.operator.decide.Times;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Instant;

/** Events: named after what they tell, so that each is told once, whoever tells it again. */
public final class Stories {
  private static final int MOST = 1024;

  private Stories() {}

  /** The Event of a note. */
  public static Event of(HasMetadata object, Note note, Instant now) {
    String uid = object.getMetadata().getUid();
    String told = uid + "/" + note.reason() + "/" + note.key();
    String message = note.message();
    return new EventBuilder()
        .withNewMetadata()
        .withName(object.getMetadata().getName() + "." + Names.hash(told) + Names.hash(told + "2"))
        .withNamespace(object.getMetadata().getNamespace())
        .endMetadata()
        .withNewInvolvedObject()
        .withApiVersion(object.getApiVersion())
        .withKind(object.getKind())
        .withName(object.getMetadata().getName())
        .withNamespace(object.getMetadata().getNamespace())
        .withUid(uid)
        .endInvolvedObject()
        .withType(note.warning() ? "Warning" : "Normal")
        .withReason(note.reason().name())
        .withMessage(message.length() <= MOST ? message : message.substring(0, MOST - 2) + " …")
        .withNewSource("errata-operator", null)
        .withFirstTimestamp(Times.format(now))
        .withLastTimestamp(Times.format(now))
        .withCount(1)
        .build();
  }
}
