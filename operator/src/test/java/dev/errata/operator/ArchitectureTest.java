package dev.errata.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "dev.errata.operator",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule theOperatorEditsNothing =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.errata.editing..", "dev.errata.worker..", "dev.errata.lab..", "ai.djl..");

  @ArchTest
  static final ArchRule onlyOnePackageSpeaksToKafka =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.errata.operator.progress..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.kafka..", "io.cloudevents..");

  @ArchTest
  static final ArchRule decisionsKnowNeitherKafkaNorClusters =
      noClasses()
          .that()
          .resideInAPackage("dev.errata.operator.decide..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.errata.operator.progress..",
              "dev.errata.operator.assembly..",
              "io.fabric8.kubernetes.client..");
}
