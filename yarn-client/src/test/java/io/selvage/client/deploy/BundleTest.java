package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleTest {
    @TempDir
    Path directory;

    @Test
    void theSameJarsMakeTheSameBytesAnywhere() throws IOException {
        Path here = bundle("here").ofJars(List.of(jar("x/b.jar", "bee"), jar("x/a.jar", "ay")));
        Path there = bundle("there").ofJars(List.of(jar("y/a.jar", "ay"), jar("y/b.jar", "bee")));
        assertThat(there).hasSameBinaryContentAs(here);
        try (ZipFile zip = new ZipFile(here.toFile())) {
            assertThat(zip.stream().map(ZipEntry::getName)).containsExactly("a.jar", "b.jar");
        }
    }

    @Test
    void aBundleIsMadeOnceAndAgainWhenAJarChanges() throws IOException {
        Path jar = jar("x/a.jar", "ay");
        Path first = bundle("cache").ofJars(List.of(jar));
        assertThat(bundle("cache").ofJars(List.of(jar))).isEqualTo(first);
        Files.setLastModifiedTime(jar, FileTime.fromMillis(1_000_000_000_000L));
        assertThat(bundle("cache").ofJars(List.of(jar))).isNotEqualTo(first);
    }

    @Test
    void settingsThatChangeMakeAnotherBundle() throws IOException {
        Path site = jar("conf/core-site.xml", "<a/>");
        Path first = bundle("cache").ofConfiguration(Map.of("core-site.xml", site));
        Files.writeString(site, "<b/>");
        Path second = bundle("cache").ofConfiguration(Map.of("core-site.xml", site));
        assertThat(second).isNotEqualTo(first);
        try (ZipFile zip = new ZipFile(second.toFile())) {
            assertThat(zip.getInputStream(zip.getEntry("core-site.xml"))).hasBinaryContent("<b/>".getBytes());
        }
    }

    @Test
    void oldBundlesDoNotPileUp() throws IOException {
        for (int version = 0; version < 5; version++) {
            bundle("cache").ofJars(List.of(jar("v" + version + "/a.jar", "version " + version)));
        }
        try (var kept = Files.list(directory.resolve("cache"))) {
            assertThat(kept).hasSizeLessThanOrEqualTo(2);
        }
    }

    private Bundle bundle(String cache) {
        return new Bundle(directory.resolve(cache));
    }

    private Path jar(String name, String content) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, content);
    }
}
