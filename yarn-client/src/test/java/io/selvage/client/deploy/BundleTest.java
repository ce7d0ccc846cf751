package io.selvage.client.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.selvage.checkpoint.library.HashCache;
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

    @Test
    void aFolderMakesTheSameBytesAnywhereUntilAFileInItChanges() throws IOException {
        Path here = jar("x/models/deep/one.bin", "1").getParent().getParent();
        jar("x/models/two.bin", "2");
        Path there = jar("y/models/deep/one.bin", "1").getParent().getParent();
        jar("y/models/two.bin", "2");
        HashCache hashes = HashCache.open(directory.resolve("hashes"));
        Path first = bundle("cache").ofFolder(here, hashes);
        assertThat(bundle("cache").ofFolder(here, hashes)).isEqualTo(first);
        // Each is there for as long as the other: one session may ship both.
        assertThat(bundle("cache").ofFolder(there, hashes))
                .hasSameBinaryContentAs(first)
                .isNotEqualTo(first);
        try (ZipFile zip = new ZipFile(first.toFile())) {
            assertThat(zip.stream().map(ZipEntry::getName)).containsExactly("deep/one.bin", "two.bin");
        }
        jar("x/models/two.bin", "3");
        assertThat(bundle("cache").ofFolder(here, hashes)).isNotEqualTo(first);
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
