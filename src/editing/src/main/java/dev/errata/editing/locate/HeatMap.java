package dev.errata.editing.locate;

import dev.errata.editing.checkpoint.IoProblems;
import dev.errata.editing.checkpoint.StorageFiles;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;

/**
 * A trace as a picture: effects by token and layer of hidden state, attention and feed-forward
 * layer, and below them what severing the two takes from the hidden state at the subject's last
 * token. Needs no screen.
 */
public final class HeatMap {
  private static final int LEFT = 170;
  private static final int TOP = 44;
  private static final int CELL = 18;
  private static final int GAP = 62;
  private static final int PLOT = 130;
  private static final int RIGHT = 130;
  private static final Color HIDDEN = new Color(0x5E3C99);
  private static final Color ATTENTION = new Color(0xB2182B);
  private static final Color FEED_FORWARD = new Color(0x1B7837);

  private final Trace trace;
  private final int layers;
  private final Graphics2D graphics;

  private HeatMap(Trace trace, Graphics2D graphics) {
    this.trace = trace;
    this.layers = trace.lastSubject().hidden().size();
    this.graphics = graphics;
  }

  /**
   * Writes a PNG file, atomically.
   *
   * @param title what was traced
   */
  public static void write(Path file, Trace trace, String title) {
    // Set before the first class of AWT is initialised: a worker has no screen.
    System.setProperty("java.awt.headless", "true");
    int width = LEFT + Math.max(20, trace.lastSubject().hidden().size()) * CELL + RIGHT;
    int panel = TokenRole.values().length * CELL + GAP;
    BufferedImage image =
        new BufferedImage(width, TOP + 3 * panel + PLOT + GAP, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      graphics.setRenderingHint(
          RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
      graphics.setColor(Color.WHITE);
      graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
      new HeatMap(trace, graphics).draw(title, panel);
    } finally {
      graphics.dispose();
    }
    try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
      ImageIO.write(image, "png", out);
      StorageFiles.write(file, out.toByteArray());
    } catch (IOException e) {
      throw IoProblems.of(file, e);
    }
  }

  private void draw(String title, int panel) {
    text(title, LEFT, 20, 13, Font.BOLD);
    String window = "window of " + trace.settings().window() + " layers";
    map(TOP, "restored hidden state", trace.hidden(), HIDDEN);
    map(TOP + panel, "restored attention, " + window, trace.attention(), ATTENTION);
    map(TOP + 2 * panel, "restored feed-forward, " + window, trace.feedForward(), FEED_FORWARD);
    lines(TOP + 3 * panel);
  }

  private void map(int top, String name, Map<TokenRole, List<Double>> effects, Color color) {
    double greatest = Math.max(1e-9, greatest(effects.values()));
    text(
        String.format(Locale.ROOT, "%s (white 0, full %.3f)", name, greatest),
        LEFT,
        top + 12,
        12,
        Font.PLAIN);
    int y = top + 18;
    for (TokenRole role : TokenRole.values()) {
      text(role.words(), 8, y + CELL - 5, 11, Font.PLAIN);
      List<Double> row = effects.get(role);
      for (int layer = 0; row != null && layer < layers; layer++) {
        graphics.setColor(shade(color, row.get(layer) / greatest));
        graphics.fillRect(LEFT + layer * CELL, y, CELL, CELL);
      }
      y += CELL;
    }
    graphics.setColor(Color.GRAY);
    graphics.drawRect(LEFT, top + 18, layers * CELL, TokenRole.values().length * CELL);
    axis(y + 14);
  }

  private void axis(int y) {
    int step = Math.max(1, (layers + 11) / 12);
    for (int layer = 0; layer < layers; layer += step) {
      text(Integer.toString(layer), LEFT + layer * CELL + 3, y, 10, Font.PLAIN);
    }
    text("layer", LEFT + layers * CELL + 8, y, 10, Font.PLAIN);
  }

  /** Effects below 0 are as white as none: restoring did not help. */
  private static Color shade(Color full, double share) {
    double s = Math.max(0, Math.min(1, share));
    return new Color(mixed(full.getRed(), s), mixed(full.getGreen(), s), mixed(full.getBlue(), s));
  }

  private static int mixed(int channel, double share) {
    return (int) Math.round(255 + (channel - 255) * share);
  }

  private void lines(int top) {
    Trace.LastSubject last = trace.lastSubject();
    List<List<Double>> all =
        List.of(last.hidden(), last.attentionSevered(), last.feedForwardSevered());
    double high = Math.max(1e-9, greatest(all));
    double low = all.stream().flatMap(List::stream).mapToDouble(v -> v).min().orElse(0);
    low = Math.min(0, low);
    text(
        String.format(
            Locale.ROOT, "hidden state at the subject's last token (%.3f to %.3f)", low, high),
        LEFT,
        top + 12,
        12,
        Font.PLAIN);
    graphics.setColor(new Color(0xE8E8E8));
    int first = trace.layers().get(0);
    graphics.fillRect(LEFT + first * CELL, top + 18, trace.layers().size() * CELL, PLOT);
    graphics.setColor(Color.GRAY);
    graphics.drawRect(LEFT, top + 18, layers * CELL, PLOT);
    String[] names = {"as it is", "attention severed", "feed-forward severed"};
    Color[] colors = {HIDDEN, ATTENTION, FEED_FORWARD};
    for (int line = 0; line < names.length; line++) {
      graphics.setColor(colors[line]);
      graphics.setStroke(new BasicStroke(2));
      for (int layer = 1; layer < layers; layer++) {
        graphics.drawLine(
            x(layer - 1),
            y(top, all.get(line).get(layer - 1), low, high),
            x(layer),
            y(top, all.get(line).get(layer), low, high));
      }
      graphics.fillRect(8, top + 30 + line * 18, 12, 4);
      text(names[line], 26, top + 36 + line * 18, 11, Font.PLAIN);
    }
    text("best to edit: grey", 8, top + 36 + 54, 11, Font.PLAIN);
    axis(top + 18 + PLOT + 14);
  }

  private static int x(int layer) {
    return LEFT + layer * CELL + CELL / 2;
  }

  private static int y(int top, double value, double low, double high) {
    return top + 18 + PLOT - (int) Math.round((value - low) / (high - low) * PLOT);
  }

  private static double greatest(Collection<List<Double>> rows) {
    return rows.stream().flatMap(List::stream).mapToDouble(v -> v).max().orElse(0);
  }

  private void text(String words, int x, int y, int size, int style) {
    graphics.setColor(Color.BLACK);
    graphics.setFont(new Font(Font.SANS_SERIF, style, size));
    graphics.drawString(words, x, y);
  }
}
