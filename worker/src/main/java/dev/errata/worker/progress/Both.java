package dev.errata.worker.progress;

import dev.errata.api.Figure;
import dev.errata.api.Progress;
import dev.errata.api.resource.Stage;

/** Lets two listeners hear the same. */
public record Both(Progress one, Progress other) implements Progress {
  @Override
  public void stage(String name, String unit) {
    one.stage(name, unit);
    other.stage(name, unit);
  }

  @Override
  public void stage(Stage of, String name, String unit) {
    one.stage(of, name, unit);
    other.stage(of, name, unit);
  }

  @Override
  public void advance(long done, long total) {
    one.advance(done, total);
    other.advance(done, total);
  }

  @Override
  public void figure(Figure figure, double value) {
    one.figure(figure, value);
    other.figure(figure, value);
  }

  @Override
  public void note(String text) {
    one.note(text);
    other.note(text);
  }
}
