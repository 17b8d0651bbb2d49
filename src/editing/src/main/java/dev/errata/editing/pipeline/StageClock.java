package dev.errata.editing.pipeline;

import dev.errata.api.Figure;
import dev.errata.api.Progress;
import dev.errata.api.resource.Stage;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Times the stages of a run; a stage may run in several parts, which are added up. */
final class StageClock {
  private static final double NANOS = 1e9;

  private static final class Sum {
    private final String unit;
    private long nanos;
    private long items;
    private boolean computed;

    Sum(String unit) {
      this.unit = unit;
    }
  }

  private final Progress listener;
  private final LongSupplier layerTokens;
  private final Map<Stage, Sum> sums = new EnumMap<>(Stage.class);
  private final Map<Figure, Double> figures = new EnumMap<>(Figure.class);

  private Consumer<Stage> entering = stage -> {};

  /**
   * Prepares.
   *
   * @param layerTokens says {@link Figure#LAYER_TOKENS}
   */
  StageClock(Progress listener, LongSupplier layerTokens) {
    this.listener = listener;
    this.layerTokens = layerTokens;
  }

  /** Lets someone hear of every part of a stage before it runs. */
  void onEntering(Consumer<Stage> consumer) {
    entering = consumer;
  }

  /** A part of a stage; what is counted in another unit is timed only. */
  @FunctionalInterface
  interface Part<T> {
    T run(Progress progress);
  }

  /**
   * Runs a part of a stage.
   *
   * @param title what people see
   * @param unit what is counted
   */
  <T> T time(Stage stage, String title, String unit, Part<T> part) {
    Sum sum = sums.computeIfAbsent(stage, s -> new Sum(unit));
    Counter counter = new Counter();
    listener.stage(stage, title, unit);
    entering.accept(stage);
    long start = System.nanoTime();
    T result = part.run(counter);
    counter.figure(Figure.LAYER_TOKENS, (double) layerTokens.getAsLong());
    sum.nanos += System.nanoTime() - start;
    sum.items += unit.equals(sum.unit) ? counter.done : 0;
    sum.computed |= stage != Stage.Statistics || !counter.atOnce();
    return result;
  }

  /** Notes that a part of a stage needed no work. */
  void skipped(Stage stage, String unit, String note) {
    sums.computeIfAbsent(stage, s -> new Sum(unit));
    listener.note(note);
  }

  /** Whether a stage found all its results ready. */
  boolean wasCached(Stage stage) {
    Sum sum = sums.get(stage);
    return sum != null && !sum.computed;
  }

  /** The last of each figure that was told. */
  Map<Figure, Double> figures() {
    return figures;
  }

  List<StageReport> reports() {
    List<StageReport> reports = new ArrayList<>();
    sums.forEach(
        (stage, sum) -> {
          double seconds = Math.round(sum.nanos / NANOS * 1000) / 1000.0;
          Double rate = sum.computed && seconds > 0 ? round(sum.items / seconds) : null;
          reports.add(
              new StageReport(stage.name(), seconds, sum.unit, sum.items, rate, !sum.computed));
        });
    return reports;
  }

  private static double round(double value) {
    return Math.round(value * 100) / 100.0;
  }

  /** Passes on and remembers how far a part came. */
  private final class Counter implements Progress {
    private long done;
    private long first = -1;
    private long total;

    /** Whether all was there from the beginning. */
    boolean atOnce() {
      return first >= 0 && first == total;
    }

    @Override
    public void advance(long now, long all) {
      if (first < 0) {
        first = now;
      }
      done = now;
      total = all;
      listener.advance(now, all);
      figure(Figure.LAYER_TOKENS, (double) layerTokens.getAsLong());
    }

    @Override
    public void figure(Figure figure, double value) {
      figures.put(figure, value);
      listener.figure(figure, value);
    }

    @Override
    public void note(String text) {
      listener.note(text);
    }
  }
}
