package io.selvage.minicluster.workload;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** The program in a jar of its own, as a user's would be. */
public final class WorkloadJar {
    private static final List<String> CLASSES = List.of(
            "Workload",
            "Arrival",
            "Account",
            "Update",
            "Schedule",
            "Arrivals",
            "Arrivals$Planner",
            "Arrivals$Reader",
            "Sabotage",
            "Sabotage$1",
            "Sabotage$Deed",
            "Accounts",
            "MeasuringSink",
            "MeasuringSink$1",
            "MeasuringSink$Writer");

    private WorkloadJar() {}

    public static Path write(Path file) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Workload.class.getName());
        try (OutputStream out = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(out, manifest)) {
            for (String name : CLASSES) {
                String entry = Workload.class.getPackageName().replace('.', '/') + "/" + name + ".class";
                jar.putNextEntry(new JarEntry(entry));
                try (InputStream in = Workload.class.getResourceAsStream(name + ".class")) {
                    if (in == null) {
                        throw new IOException("The class " + name + " of the workload is missing beside this one.");
                    }
                    in.transferTo(jar);
                }
                jar.closeEntry();
            }
        }
        return file;
    }
}
