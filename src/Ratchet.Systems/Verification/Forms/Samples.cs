namespace Ratchet.Systems.Verification.Forms;

/// <summary>
/// A few right proofs for verifiers without a conformance kit, with which <c>ratchet validate NAME</c> tries the tool of this machine. They need no library, each of
/// their steps is needed, and none proves another's statement.
/// </summary>
internal static class Samples
{
    private const string Walk = """
        (define (domain walk) (:requirements :strips :typing) (:types place)
          (:predicates (at ?p - place) (next ?p ?q - place))
          (:action go :parameters (?p ?q - place) :precondition (and (at ?p) (next ?p ?q)) :effect (and (not (at ?p)) (at ?q))))
        (define (problem errand) (:domain walk) (:objects a b c - place) (:init (at a) (next a b) (next b c))
        """;

    public static IReadOnlyList<ProofItem> Propositional { get; } =
    [
        Item("swap", "A /\\ B -> B /\\ A", "intros [h g]. split. exact g. exact h."),
        Item("choice", "A \\/ B -> B \\/ A", "intros [h | g]. right. exact h. left. exact g."),
    ];

    public static IReadOnlyList<ProofItem> Coq { get; } =
    [
        Item("swap", "Theorem swap : forall P Q : Prop, P /\\ Q -> Q /\\ P.", "intros P Q H. destruct H as [HP HQ]. split. exact HQ. exact HP."),
        Item("plus_zero", "Theorem plus_zero : forall n : nat, n + 0 = n.", "intros n. induction n as [|m IH]. reflexivity. simpl. rewrite IH. reflexivity."),
    ];

    public static IReadOnlyList<ProofItem> Answers { get; } =
    [
        Item("sum", "What is 1/2 + 1/3?", "Over six it is 3/6 + 2/6, so \\boxed{\\frac{5}{6}}.") with { Reference = "5/6" },
        Item("product", "What is 3 times 7?", "\\boxed{21}") with { Reference = "21" },
    ];

    public static IReadOnlyList<ProofItem> Python { get; } =
    [
        Item("double", "Read a number and print its double.", "n = int(input())\nprint(2 * n)\n") with { Reference = """[{"stdin": "21\n", "stdout": "42"}, {"stdin": "-3\n", "stdout": "-6"}]""" },
        Item("vowels", "Write vowels(text): how many of a, e, i, o, u there are.", "def vowels(text):\n    return sum(text.count(v) for v in 'aeiou')\n") with { Reference = "assert vowels('ratchet') == 2\nassert vowels('') == 0" },
    ];

    public static IReadOnlyList<ProofItem> Pddl { get; } =
    [
        Item("far", Walk + "(:goal (at c)))", "(go a b)\n(go b c)\n"),
        Item("near", Walk + "(:goal (at b)))", "(go a b)\n"),
    ];

    private static ProofItem Item(string id, string statement, string proof) => new() { Id = id, Statement = statement, Proof = proof, Source = "sample" };
}
