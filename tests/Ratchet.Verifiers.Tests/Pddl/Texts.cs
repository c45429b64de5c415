namespace Ratchet.Verifiers.Tests.Pddl;

/// <summary>Small domains of our own.</summary>
internal static class Texts
{
    /// <summary>A robot carries balls between rooms; it has one hand.</summary>
    public const string Rooms = """
        (define (domain rooms)
          (:requirements :strips :typing)
          (:types room ball)
          (:predicates (at-robot ?r - room) (at ?b - ball ?r - room) (free) (carries ?b - ball))
          (:action go :parameters (?from ?to - room) :precondition (at-robot ?from) :effect (and (at-robot ?to) (not (at-robot ?from))))
          (:action take :parameters (?b - ball ?r - room) :precondition (and (at ?b ?r) (at-robot ?r) (free)) :effect (and (carries ?b) (not (at ?b ?r)) (not (free))))
          (:action drop :parameters (?b - ball ?r - room) :precondition (and (carries ?b) (at-robot ?r)) :effect (and (at ?b ?r) (free) (not (carries ?b)))))

        """;

    public const string RoomsProblem = """
        (define (problem two-balls) (:domain rooms)
          (:objects kitchen hall - room red blue - ball)
          (:init (at-robot hall) (free) (at red hall) (at blue hall))
          (:goal (and (at red kitchen) (at blue kitchen))))
        """;

    public const string RoomsPlan = "(take red hall)\n(go hall kitchen)\n(drop red kitchen)\n(go kitchen hall)\n(take blue hall)\n(go hall kitchen)\n(drop blue kitchen)";

    /// <summary>Lamps and switches: conditional effects, quantifiers, negation, alternatives, equality, costs.</summary>
    public const string Lamps = """
        (define (domain lamps)
          (:requirements :adl :action-costs)
          (:types lamp room)
          (:constants master - lamp)
          (:predicates (lit ?l - lamp) (in ?l - lamp ?r - room) (broken ?l - lamp) (next ?a ?b - lamp))
          (:functions (price ?l - lamp) - number (total-cost) - number)
          (:action press :parameters (?l - lamp)
            :precondition (not (broken ?l))
            :effect (and (when (lit ?l) (not (lit ?l))) (when (not (lit ?l)) (lit ?l)) (increase (total-cost) (price ?l))))
          (:action flood :parameters (?r - room)
            :precondition (and (lit master) (exists (?l - lamp) (and (in ?l ?r) (lit ?l))))
            :effect (and (forall (?l - lamp) (when (in ?l ?r) (lit ?l))) (increase (total-cost) 5)))
          (:action swap :parameters (?a ?b - lamp)
            :precondition (and (not (= ?a ?b)) (or (next ?a ?b) (next ?b ?a)) (lit ?a) (not (lit ?b)))
            :effect (and (not (lit ?a)) (lit ?b) (increase (total-cost) 1)))
          (:action smash :parameters (?r - room)
            :precondition (forall (?l - lamp) (imply (in ?l ?r) (not (lit ?l))))
            :effect (and (forall (?l - lamp) (when (in ?l ?r) (broken ?l))) (increase (total-cost) 2))))

        """;

    public const string LampsProblem = """
        (define (problem p) (:domain lamps)
          (:objects a b c - lamp attic cellar - room)
          (:init (in a attic) (in b attic) (in c cellar) (next a master) (= (price a) 3) (= (price b) 9) (= (price c) 4) (= (price master) 2))
          (:goal (and (lit a) (lit b) (not (lit c)) (lit master)))
          (:metric minimize (total-cost)))
        """;
}
