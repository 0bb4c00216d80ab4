package femto.kernels;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class KernelArchitectureTest {
  private static final JavaClasses KERNELS =
      new ClassFileImporter().importPath(Path.of("target", "classes"));

  @Test
  void shouldUseTheIncubatingVectorsInOnePackageOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("femto.kernels.vector")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator..")
        .check(KERNELS);
    classes()
        .that()
        .haveSimpleName("VectorKernels")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator.vector")
        .because("the rule above proves nothing otherwise")
        .check(KERNELS);
  }

  @Test
  void shouldLoadTheVectorsByNameOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage("femto.kernels.vector")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("femto.kernels.vector")
        .check(KERNELS);
  }

  @Test
  void shouldKeepTheContractAndTheScalarKernelsFreeOfEverythingElse() {
    classes()
        .that()
        .resideInAPackage("femto.kernels.impl")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("femto.kernels.impl", "java.lang..", "java.util..", "org.jspecify..")
        .check(KERNELS);
  }

  @Test
  void shouldKeepTheVectorsBehindTheContract() {
    classes()
        .that()
        .resideInAPackage("femto.kernels.vector")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "femto.kernels.vector",
            "femto.kernels.impl",
            "java..",
            "jdk.incubator.vector..",
            "org.jspecify..")
        .check(KERNELS);
  }

  @Test
  void shouldDependOnNothingButTheJdk() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("femto.kernels..", "java..", "jdk.incubator.vector..", "org.jspecify..")
        .check(KERNELS);
  }
}
