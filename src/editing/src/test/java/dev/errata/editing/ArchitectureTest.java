package dev.errata.editing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Collection;
import java.util.List;

@AnalyzeClasses(
    packages = "dev.errata.editing",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  /** From the top down: a package uses those of the rows below it, none of its own row. */
  private static final List<List<String>> LAYERS =
      List.of(
          List.of("pipeline"),
          List.of("method", "evaluate", "locate"),
          List.of("memory"),
          List.of("statistics"),
          List.of("model"),
          List.of("checkpoint"),
          List.of("torch"));

  @ArchTest
  static final ArchRule theLibraryIsUsableAlone =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.errata.lab..",
              "dev.errata.worker..",
              "dev.errata.operator..",
              "io.fabric8..",
              "io.kubernetes..",
              "io.javaoperatorsdk..",
              "io.quarkus..",
              "org.apache.kafka..")
          .because("Kubernetes reaches this library only as the types of dev.errata.api");

  @ArchTest
  static final ArchRule everyClassHasALayer =
      classes()
          .that()
          .doNotHaveSimpleName("package-info")
          .should()
          .resideInAnyPackage(packages(LAYERS.stream().flatMap(Collection::stream).toList()))
          .allowEmptyShould(true);

  @ArchTest
  static void layersUseOnlyThoseBelow(JavaClasses imported) {
    for (int row = 0; row < LAYERS.size(); row++) {
      for (String layer : LAYERS.get(row)) {
        List<String> forbidden =
            LAYERS.subList(0, row + 1).stream()
                .flatMap(Collection::stream)
                .filter(other -> !other.equals(layer))
                .toList();
        noClasses()
            .that()
            .resideInAnyPackage(packages(List.of(layer)))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(packages(forbidden))
            .allowEmptyShould(true)
            .check(imported);
      }
    }
  }

  private static String[] packages(List<String> layers) {
    return layers.stream()
        .map(layer -> "dev.errata.editing." + layer + "..")
        .toArray(String[]::new);
  }
}
