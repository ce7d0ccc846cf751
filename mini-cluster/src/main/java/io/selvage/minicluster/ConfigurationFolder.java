package io.selvage.minicluster;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;

/** Writes the folder that HADOOP_CONF_DIR names, each file in one step so that no reader sees half of it. */
final class ConfigurationFolder {

    static final List<String> FILES = List.of("core-site.xml", "hdfs-site.xml", "yarn-site.xml");

    private ConfigurationFolder() {}

    static void write(Path folder, Map<String, String> settings) throws IOException {
        Files.createDirectories(folder);
        for (String file : FILES) {
            Map<String, String> own = new TreeMap<>(settings);
            own.keySet().removeIf(key -> !HadoopSettings.fileOf(key).equals(file));
            writeFile(folder.resolve(file), own);
        }
    }

    private static void writeFile(Path file, Map<String, String> settings) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
        try (OutputStream out = Files.newOutputStream(unfinished)) {
            HadoopSettings.apply(settings, new Configuration(false)).writeXml(out);
        }
        try {
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
