package dev.errata.lab;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.errata.lab", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule theLabUsesOnlyTheLibrary =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.errata.worker..", "dev.errata.operator..", "io.quarkus..");
}
