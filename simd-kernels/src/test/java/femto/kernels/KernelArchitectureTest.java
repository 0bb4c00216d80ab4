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
