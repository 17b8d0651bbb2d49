package dev.errata.editing.evaluate;

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
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;

/**
 * Routing stability as a picture: for every layer above the edit how far an edited model picks the
 * experts that it picked before, on the facts' prompts and on unrelated text. Needs no screen.
 */
public final class RoutingPlot {
  private static final int LEFT = 60;
  private static final int TOP = 72;
  private static final int HEIGHT = 220;
  private static final int BOTTOM = 56;
  private static final int RIGHT = 40;
  private static final int STEP = 18;
  private static final int LEAST_WIDTH = 360;
  private static final int DOT = 7;
  private static final int LABELS = 24;
  private static final Color PROMPTS = new Color(0xB2182B);
  private static final Color TEXT = new Color(0x2166AC);

  private final List<Routes.Overlap> layers;
  private final Graphics2D graphics;
  private final int width;
  private final int step;

  private RoutingPlot(List<Routes.Overlap> layers, Graphics2D graphics, int width, int step) {
    this.layers = layers;
    this.graphics = graphics;
    this.width = width;
    this.step = step;
  }

  /**
   * Writes a PNG file, atomically.
   *
   * @param layers the layers above the edit, lowest first; at least one
   * @param title what was edited
   */
  public static void write(Path file, List<Routes.Overlap> layers, String title) {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("no layer to draw");
    }
    // Set before the first class of AWT is initialised: a worker has no screen.
    System.setProperty("java.awt.headless", "true");
    int width = Math.max(LEAST_WIDTH, layers.size() * STEP);
    int step = width / layers.size();
    BufferedImage image =
        new BufferedImage(LEFT + width + RIGHT, TOP + HEIGHT + BOTTOM, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      graphics.setRenderingHint(
          RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
      graphics.setColor(Color.WHITE);
      graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
      new RoutingPlot(layers, graphics, width, step).draw(title);
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

  private void draw(String title) {
    text(title, LEFT, 20, 13, Font.BOLD);
    text("mean Jaccard overlap of the experts picked before and after", LEFT, 38, 11, Font.PLAIN);
    legend(LEFT, TEXT, "unrelated text");
    legend(LEFT + 150, PROMPTS, "the facts' prompts");
    grid();
    line(TEXT, Routes.Overlap::text);
    line(PROMPTS, Routes.Overlap::prompts);
  }

  private void legend(int x, Color color, String words) {
    graphics.setColor(color);
    graphics.fillRect(x, 50, 14, 4);
    text(words, x + 20, 56, 11, Font.PLAIN);
  }

  private void grid() {
    for (int tenth = 0; tenth <= 10; tenth += 2) {
      int y = y(tenth / 10.0);
      graphics.setColor(new Color(0xE0E0E0));
      graphics.drawLine(LEFT, y, LEFT + width, y);
      text(String.format(Locale.ROOT, "%.1f", tenth / 10.0), LEFT - 30, y + 4, 10, Font.PLAIN);
    }
    int each = Math.max(1, (layers.size() + LABELS - 1) / LABELS);
    for (int i = 0; i < layers.size(); i += each) {
      text(Integer.toString(layers.get(i).layer()), x(i) - 4, TOP + HEIGHT + 18, 10, Font.PLAIN);
    }
    text("layer", LEFT + width / 2 - 14, TOP + HEIGHT + 40, 11, Font.PLAIN);
  }

  private void line(Color color, ToDoubleFunction<Routes.Overlap> value) {
    graphics.setColor(color);
    graphics.setStroke(new BasicStroke(2));
    for (int i = 0; i < layers.size(); i++) {
      int y = y(value.applyAsDouble(layers.get(i)));
      graphics.fillOval(x(i) - DOT / 2, y - DOT / 2, DOT, DOT);
      if (i > 0) {
        graphics.drawLine(x(i - 1), y(value.applyAsDouble(layers.get(i - 1))), x(i), y);
      }
    }
  }

  private int x(int place) {
    return LEFT + step / 2 + place * step;
  }

  private static int y(double share) {
    return TOP + HEIGHT - (int) Math.round(share * HEIGHT);
  }

  private void text(String words, int x, int y, int size, int style) {
    graphics.setColor(Color.BLACK);
    graphics.setFont(new Font(Font.SANS_SERIF, style, size));
    graphics.drawString(words, x, y);
  }
}
