package io.selvage.client.cli;

import io.selvage.checkpoint.backend.StateFate;
import io.selvage.checkpoint.restore.RestorePlan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Stateless. What becomes of a savepoint's state, for people and as JSON. */
final class RestorePlanText {
    private RestorePlanText() {}

    static String of(RestorePlan plan) {
        StringBuilder text = new StringBuilder(
                "The job \"" + plan.job() + "\" from " + plan.from() + ", by uid and state (nothing is submitted):");
        for (RestorePlan.OfOperator operator : plan.operators()) {
            if (!operator.untold().isEmpty()) {
                line(text, operator.uid(), "not known here, as " + operator.untold() + "; its tasks will tell");
            } else if (operator.states().isEmpty()) {
                line(text, operator.uid(), "no keyed state in the savepoint");
            }
            for (StateFate fate : operator.states()) {
                String words = fate.words().isEmpty() ? "" : ", " + fate.words();
                line(text, operator.uid() + " " + fate.state(), word(fate) + words);
            }
        }
        plan.droppedOperators().forEach(uid -> line(text, uid, "dropped, as the program has no operator of that uid"));
        return text.toString();
    }

    private static void line(StringBuilder text, String of, String said) {
        text.append("\n  ").append(of).append(": ").append(said);
    }

    static String json(RestorePlan plan) {
        List<Object> operators = new ArrayList<>();
        for (RestorePlan.OfOperator operator : plan.operators()) {
            List<Object> states = new ArrayList<>();
            for (StateFate fate : operator.states()) {
                states.add(map("state", fate.state(), "fate", word(fate), "words", fate.words()));
            }
            operators.add(map("uid", operator.uid(), "states", states, "untold", operator.untold()));
        }
        return Json.write(map(
                "job",
                plan.job(),
                "from",
                plan.from(),
                "operators",
                operators,
                "dropped_operators",
                plan.droppedOperators()));
    }

    private static String word(StateFate fate) {
        return fate.kind().name().toLowerCase(Locale.ROOT);
    }

    private static Map<String, Object> map(Object... namesAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            map.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return map;
    }
}
