package femto;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class EngineArchitectureTest {
  /** The packages from the lowest to the highest: each may use only those before it. */
  static final List<String> LAYERS =
      List.of("memory", "file", "model", "score", "swap", "learn", "policy");

  private static final JavaClasses ENGINE =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

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
                .map(EngineArchitectureTest::packageOf)
                .toArray(String[]::new))
        .allowEmptyShould(true) // some layers have no class yet
        .check(ENGINE);
  }

  @Test
  void shouldHaveNoClassOutsideTheLayers() {
    classes()
        .should()
        .resideInAnyPackage(
            LAYERS.stream().map(EngineArchitectureTest::packageOf).toArray(String[]::new))
        .check(ENGINE);
  }

  @Test
  void shouldDependOnNothingButTheKernelsAndTheJdk() {
    classes()
        .that()
        .resideOutsideOfPackage("femto.learn.online..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("femto..", "java..", "jdk.jfr..", "org.jspecify..")
        .check(ENGINE);
  }

  @Test
  void shouldUseAgronaForOnlineLearningOnly() {
    classes()
        .that()
        .resideInAPackage("femto.learn.online..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("femto..", "java..", "org.agrona..", "org.jspecify..")
        .check(ENGINE);
  }

  private static String packageOf(String layer) {
    return "femto." + layer + "..";
  }
}
