package dev.errata.editing.locate;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocatorTest {
  @Test
  void rolesOfTokens() {
    TracePrompt prompt = new TracePrompt(new int[9], 1, 5, null);
    assertThat(List.of(1, 2, 3, 4, 5, 6, 7, 8).stream().map(i -> TokenRole.of(prompt, i)))
        .containsExactly(
            TokenRole.FIRST_SUBJECT,
            TokenRole.MIDDLE_SUBJECT,
            TokenRole.MIDDLE_SUBJECT,
            TokenRole.LAST_SUBJECT,
            TokenRole.FIRST_AFTER,
            TokenRole.AFTER,
            TokenRole.AFTER,
            TokenRole.LAST);
    TracePrompt atTheEnd = new TracePrompt(new int[3], 2, 3, null);
    assertThat(TokenRole.of(atTheEnd, 2)).isEqualTo(TokenRole.LAST_SUBJECT);
  }

  @Test
  void layersWithTheGreatestGapAreChosen() {
    List<Double> hidden = List.of(0.1, 0.3, 0.5, 0.6, 0.6, 0.5, 0.2);
    List<Double> severed = List.of(0.1, 0.1, 0.1, 0.2, 0.5, 0.5, 0.2);
    assertThat(LayerChoice.of(hidden, severed, 3)).containsExactly(1, 2, 3);
    assertThat(LayerChoice.of(hidden, severed, 20)).hasSize(7);
    assertThat(LayerChoice.of(hidden, hidden, 2)).containsExactly(0, 1);
  }

  @Test
  void thePictureShowsTheEffects(@TempDir Path folder) throws Exception {
    List<Double> none = List.of(0.0, 0.0, 0.0);
    Map<TokenRole, List<Double>> hidden = new EnumMap<>(TokenRole.class);
    hidden.put(TokenRole.LAST_SUBJECT, List.of(0.0, 0.4, 0.2));
    Trace trace =
        new Trace(
            1,
            List.of(),
            LocateSettings.DEFAULT,
            0.1,
            0.9,
            0.1,
            Map.of(TokenRole.LAST_SUBJECT, 1),
            hidden,
            Map.of(TokenRole.LAST_SUBJECT, none),
            Map.of(TokenRole.LAST_SUBJECT, none),
            new Trace.LastSubject(hidden.get(TokenRole.LAST_SUBJECT), none, none),
            List.of(1, 2));
    Path file = folder.resolve("trace.png");
    HeatMap.write(file, trace, "a model");
    BufferedImage image = ImageIO.read(file.toFile());
    // The row of the subject's last token: nothing, all, half.
    int y = 44 + 18 + 2 * 18 + 9;
    assertThat(image.getRGB(170 + 9, y) & 0xFFFFFF).isEqualTo(0xFFFFFF);
    assertThat(image.getRGB(170 + 18 + 9, y) & 0xFFFFFF).isEqualTo(0x5E3C99);
    assertThat(image.getRGB(170 + 36 + 9, y) & 0xFFFFFF).isEqualTo(0xAF9ECC);
  }
}
