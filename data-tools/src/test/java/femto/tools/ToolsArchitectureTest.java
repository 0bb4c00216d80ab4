package femto.tools;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.Predefined;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class ToolsArchitectureTest {
  /** The packages from the lowest to the highest: each may use only those before it. */
  static final List<String> LAYERS =
      List.of(
          "data",
          "stream",
          "ads",
          "dictionary",
          "evaluate",
          "train",
          "rank",
          "live",
          "online",
          "experiment",
          "traffic",
          "baseline",
          "compare",
          "simulate",
          "report",
          "runs",
          "cli");

  /** The classes of the kernels, the engine and the tools. */
  private static final JavaClasses FEMTO =
      new ClassFileImporter()
          .withImportOption(Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("femto");

  @ParameterizedTest
  @FieldSource("LAYERS")
  void shouldUseOnlyLowerLayers(String layer) {
    noClasses()
        .that()
        .resideInAPackage(packageOf(layer))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            LAYERS.stream()
                .skip(LAYERS.indexOf(layer) + 1L)
                .map(ToolsArchitectureTest::packageOf)
                .toArray(String[]::new))
        .allowEmptyShould(true) // some layers have no class yet
        .check(FEMTO);
  }

  @Test
  void shouldHaveNoToolOutsideTheLayers() {
    classes()
        .that()
        .resideInAPackage("femto.tools..")
        .should()
        .resideInAnyPackage(
            LAYERS.stream().map(ToolsArchitectureTest::packageOf).toArray(String[]::new))
        .check(FEMTO);
  }

  @Test
  void shouldLeaveTheEngineFreeOfTools() {
    noClasses()
        .that()
        .resideOutsideOfPackage("femto.tools..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("femto.tools..")
        .check(FEMTO);
  }

  @Test
  void shouldUseTheIncubatingVectorsInOnePackageOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("femto.kernels.vector")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator..")
        .check(FEMTO);
  }

  private static String packageOf(String layer) {
    return "femto.tools." + layer + "..";
  }
}
