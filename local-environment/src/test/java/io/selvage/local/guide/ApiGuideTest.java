package io.selvage.local.guide;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every snippet of the API guide compiles, with {@link Guide} for what it speaks of. */
class ApiGuideTest {
    private static final Path TEXT = Path.of(System.getProperty("basedir", ""), "../docs/api.md");
    private static final Pattern SNIPPET = Pattern.compile("^```java\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final String IMPORTS = """
            import static org.assertj.core.api.Assertions.*;
            import io.selvage.api.*;
            import io.selvage.api.function.*;
            import io.selvage.api.state.*;
            import io.selvage.api.time.*;
            import io.selvage.api.type.*;
            import io.selvage.api.window.*;
            import io.selvage.checkpoint.source.*;
            import io.selvage.connector.file.*;
            import io.selvage.connector.memory.*;
            import io.selvage.local.*;
            import io.selvage.local.guide.Guide;
            import io.selvage.local.harness.*;
            import java.time.Duration;
            import java.util.*;
            import org.junit.jupiter.api.Test;
            """;

    @TempDir
    Path classes;

    @TestFactory
    Stream<DynamicTest> everySnippetCompiles() throws IOException {
        String guide = Files.readString(TEXT);
        List<DynamicTest> tests = SNIPPET.matcher(guide)
                .results()
                .map(found -> DynamicTest.dynamicTest(
                        "line " + guide.substring(0, found.start()).lines().count(),
                        () -> assertThat(errors(found.group(1))).isEmpty()))
                .toList();
        assertThat(tests).hasSizeGreaterThan(10);
        return tests.stream();
    }

    @Test
    void whatDoesNotCompileIsFound() {
        assertThat(errors("keyed.windows(TumblingWindows.of(Duration.ofDays(1)));"))
                .contains("windows");
        assertThat(errors("new Alert(1)")).contains("Alert");
    }

    /** What the compiler says; empty: nothing. */
    private String errors(String snippet) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        boolean isDone = compiler.getTask(
                        errors,
                        null,
                        null,
                        List.of("-proc:none", "-nowarn", "-d", classes.toString(), "-classpath", classPath),
                        null,
                        List.of(source(snippet)))
                .call();
        return isDone ? "" : errors.toString();
    }

    private static JavaFileObject source(String snippet) {
        String text = IMPORTS + "class Snippet extends Guide {\n" + asMember(snippet) + "\n}\n";
        return new SimpleJavaFileObject(URI.create("string:///Snippet.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
    }

    /** A method stays one; all else becomes the body of one, in which nothing is static. */
    private static String asMember(String snippet) {
        if (snippet.startsWith("@Test")) {
            return snippet;
        }
        String statements = snippet.strip();
        String ended = statements.endsWith(";") || statements.endsWith("}") ? statements : statements + ";";
        return "void snippet() throws Exception {\n"
                + Pattern.compile("^static ", Pattern.MULTILINE).matcher(ended).replaceAll("") + "\n}";
    }
}
