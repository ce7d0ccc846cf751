package acme;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * A Java agent for a master: breaks it from inside when a file of this machine wants it. It knows the master's classes
 * by name alone, and needs {@code --add-opens=java.base/java.lang=ALL-UNNAMED}.
 */
public final class MasterBreaker {
    /** The file that has the loop meet an event that can't be. */
    public static final String POISON_LOOP = "poison-loop";
    /** The file that has the heap filled. */
    public static final String FILL_HEAP = "fill-heap";

    private static final long LOOK_MILLIS = 20;
    private static final int MOST_OBJECTS = 10_000;
    private static final String INBOX = "io.selvage.master.loop.Inbox";
    private static final String EVENT = "io.selvage.master.event.MasterEvent";

    private MasterBreaker() {}

    /** @param directory in which the files are looked for */
    public static void premain(String directory) {
        Thread thread = new Thread(() -> watch(Path.of(directory)), "breaker");
        thread.setDaemon(true);
        thread.start();
    }

    private static void watch(Path directory) {
        try {
            while (true) {
                if (Files.deleteIfExists(directory.resolve(POISON_LOOP))) {
                    poisonLoop();
                }
                if (Files.deleteIfExists(directory.resolve(FILL_HEAP))) {
                    fillHeap();
                }
                Thread.sleep(LOOK_MILLIS);
            }
        } catch (IOException | ReflectiveOperationException failed) {
            throw new IllegalStateException("The master could not be broken.", failed);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void fillHeap() {
        List<long[]> taken = new ArrayList<>();
        while (taken.size() < Integer.MAX_VALUE) {
            taken.add(new long[1 << 17]);
        }
    }

    /** A container that has no name: the loop's thread meets it as it would meet a defect of its own. */
    private static void poisonLoop() throws ReflectiveOperationException {
        Thread loop = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("master-loop"))
                .findFirst()
                .orElseThrow();
        Field target = Thread.class.getDeclaredField("target");
        target.setAccessible(true);
        Object inbox = find(INBOX, target.get(loop));
        Class<?> executor = Class.forName("io.selvage.protocol.id.ExecutorId");
        Object event = Class.forName(EVENT + "$ContainerCompleted")
                .getConstructor(executor, int.class, String.class)
                .newInstance(null, 0, "");
        inbox.getClass().getMethod("post", Class.forName(EVENT)).invoke(inbox, event);
    }

    /** The nearest object of a class that can be reached from this one through fields of Selvage's own. */
    private static Object find(String className, Object from) throws IllegalAccessException {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Object> next = new ArrayDeque<>(List.of(from));
        while (!next.isEmpty() && seen.size() < MOST_OBJECTS) {
            Object object = next.pop();
            if (object.getClass().getName().equals(className)) {
                return object;
            }
            for (Field field : object.getClass().getDeclaredFields()) {
                if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                    field.setAccessible(true);
                    Object value = field.get(object);
                    if (value != null && value.getClass().getName().startsWith("io.selvage.") && seen.add(value)) {
                        next.add(value);
                    }
                }
            }
        }
        throw new IllegalStateException("No " + className + " can be reached.");
    }
}
