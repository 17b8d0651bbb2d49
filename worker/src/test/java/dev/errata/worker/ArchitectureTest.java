package dev.errata.worker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "dev.errata.worker",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule theWorkerNeedsNoLabAndNoOperator =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.errata.lab..", "dev.errata.operator..", "io.quarkus..");
}
