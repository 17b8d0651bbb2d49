package dev.errata.worker;

import dev.errata.api.Progress;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows how far a run is: on a terminal one line a stage, drawn again in place, with rate and time
 * left; elsewhere a plain line every few seconds at most.
 */
final class TerminalProgress implements Progress, AutoCloseable {
  private static final long REDRAW_NANOS = 100_000_000L;
  private static final long LINE_NANOS = 5_000_000_000L;
  private static final double NANOS = 1e9;
  private static final int WIDTH = 24;
  private static final int NAME = 16;

  private final PrintWriter out;
  private final boolean terminal;
  private final LongSupplier clock;
  private String name;
  private String unit = "";
  private long start;
  private long shown;
  private long first;
  private long done;
  private long total;
  private int drawn;
  private boolean joins;

  TerminalProgress(PrintWriter out, boolean terminal, LongSupplier clock) {
    this.out = out;
    this.terminal = terminal;
    this.clock = clock;
  }

  /**
   * For one that joins stages that are under way: what was done before says nothing of their pace.
   */
  TerminalProgress joining() {
    joins = true;
    return this;
  }

  /** Progress on standard error, which is a terminal when the console is one. */
  static TerminalProgress of(PrintWriter err) {
    boolean dumb = "dumb".equals(System.getenv("TERM")) || System.getenv("TERM") == null;
    return new TerminalProgress(err, !dumb && Terminal.onStandardError(), System::nanoTime);
  }

  @Override
  public void stage(String title, String counted) {
    finish();
    name = title;
    unit = counted;
    start = clock.getAsLong();
    shown = start;
    first = -1;
    done = 0;
    total = 0;
    if (terminal) {
      draw(bar());
    }
  }

  @Override
  public void advance(long now, long all) {
    if (name == null) {
      return;
    }
    if (first < 0) {
      first = now;
    }
    done = now;
    total = all;
    long time = clock.getAsLong();
    if (time - shown >= (terminal ? REDRAW_NANOS : LINE_NANOS)) {
      shown = time;
      if (terminal) {
        draw(bar());
      } else {
        line(plain());
      }
    }
  }

  @Override
  public void note(String text) {
    erase();
    line("  " + text);
    if (terminal && name != null) {
      draw(bar());
    }
  }

  /** Ends the stage at hand with a line that stays. */
  private void finish() {
    if (name == null) {
      return;
    }
    erase();
    line(summary());
    name = null;
  }

  @Override
  public void close() {
    finish();
  }

  private String summary() {
    double seconds = seconds();
    String text = String.format(Locale.ROOT, "%-" + NAME + "s", name);
    if (done > 0) {
      text += String.format(Locale.ROOT, " %,d %s", done, unit);
    }
    text += String.format(Locale.ROOT, " in %s", duration(seconds));
    double rate = rate(seconds);
    return rate > 0 && seconds >= 0.1
        ? text + String.format(Locale.ROOT, " (%s %s/s)", number(rate), unit)
        : text;
  }

  private String plain() {
    return String.format(
        Locale.ROOT, "%-" + NAME + "s %,d of %,d %s%s", name, done, total, unit, left());
  }

  private String bar() {
    if (total <= 0) {
      return String.format(Locale.ROOT, "%-" + NAME + "s …", name);
    }
    int full = (int) Math.min(WIDTH, WIDTH * done / total);
    return String.format(
        Locale.ROOT,
        "%-" + NAME + "s %s%s %3d %% %,d/%,d %s%s",
        name,
        "█".repeat(full),
        "░".repeat(WIDTH - full),
        100 * done / total,
        done,
        total,
        unit,
        left());
  }

  private String left() {
    double rate = rate(seconds());
    if (rate <= 0) {
      return "";
    }
    return String.format(
        Locale.ROOT, ", %s/s, %s left", number(rate), duration((total - done) / rate));
  }

  private double seconds() {
    return (clock.getAsLong() - start) / NANOS;
  }

  /** Items a second; 0 when it is not known, or all were there from the beginning. */
  private double rate(double seconds) {
    long own = joins ? done - first : done;
    return seconds <= 0 || first == total ? 0 : own / seconds;
  }

  private static String number(double value) {
    return value >= 10
        ? String.format(Locale.ROOT, "%,.0f", value)
        : String.format(Locale.ROOT, "%.1f", value);
  }

  private static String duration(double seconds) {
    if (seconds < 10) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    return whole < 120 ? whole + " s" : whole / 60 + " min " + whole % 60 + " s";
  }

  private void draw(String text) {
    int length = text.codePointCount(0, text.length());
    out.print("\r" + text + " ".repeat(Math.max(0, drawn - length)));
    out.flush();
    drawn = length;
  }

  private void erase() {
    if (drawn > 0) {
      out.print("\r" + " ".repeat(drawn) + "\r");
      drawn = 0;
    }
  }

  private void line(String text) {
    out.println(text);
    out.flush();
  }
}
