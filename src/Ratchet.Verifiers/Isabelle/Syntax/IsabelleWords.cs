using System.Collections.Frozen;

namespace Ratchet.Verifiers.Isabelle.Syntax;

/// <summary>The words of Isabelle that do not belong into a proof, by the audit that refuses them, and those that open and end goals.</summary>
internal static class IsabelleWords
{
    /// <summary>A hole.</summary>
    public const string Hole = "hole";

    /// <summary>New axioms.</summary>
    public const string Axiom = "axiom";

    /// <summary>Theorems on the word of a program: oracles, and methods that use them.</summary>
    public const string Oracle = "oracle";

    /// <summary>A command outside the proof.</summary>
    public const string Command = "command";

    /// <summary>The theorem's name is declared again.</summary>
    public const string Redefinition = "redefinition";

    /// <summary>New syntax.</summary>
    public const string Notation = "notation";

    /// <summary>ML code, or a program that Isabelle starts.</summary>
    public const string Execution = "execution";

    /// <summary>The end of the theory, or another one.</summary>
    public const string Escape = "escape";

    /// <summary>An option that may change what is checked.</summary>
    public const string Option = "option";

    /// <summary>Files.</summary>
    public const string File = "file";

    private static readonly FrozenDictionary<string, string> Words = Table(
        (Hole, "sorry oops \\<proof> quick_and_dirty skip_proofs skip_proof"),
        (Axiom, "axiomatization axioms"),
        (Oracle, "oracle eval normalization smt_oracle"),
        (Command,
            "theorem lemma corollary proposition schematic_goal lemmas theorems definition abbreviation fun function primrec primcorec primcorecursive corec corecursive friend_of_corec partial_function termination "
            + "inductive inductive_set coinductive coinductive_set inductive_cases inductive_simps datatype codatatype old_rep_datatype datatype_compat free_constructors record typedef typedecl type_synonym quotient_type quotient_definition "
            + "lift_definition lift_bnf copy_bnf bnf bnf_axiomatization setup_lifting lifting_update lifting_forget class subclass instance instantiation locale experiment context interpretation global_interpretation sublocale bundle unbundle "
            + "open_bundle specification consts overloading default_sort declare named_theorems hide_class hide_const hide_fact hide_type nonterminal judgment private qualified alias type_alias "
            + "code_datatype code_printing code_identifier code_reserved code_reflect code_abort code_thms code_deps code_pred functor case_of_simps simps_of_case adhoc_overloading no_adhoc_overloading "
            + "nominal_datatype nominal_primrec atom_decl equivariance recdef rep_datatype ax_specification chapter section subsection subsubsection paragraph subparagraph text txt text_raw header "
            + "thm_oracles thm_deps unused_thms print_theorems"),
        (Notation,
            "notation no_notation type_notation no_type_notation syntax no_syntax syntax_consts syntax_types translations no_translations parse_translation parse_ast_translation print_translation print_ast_translation "
            + "typed_print_translation write syntax_declaration"),
        (Execution,
            "ML ML_file ML_file_debug ML_file_no_debug ML_prf ML_val ML_command ML_export SML_file SML_file_debug SML_file_no_debug SML_export SML_import setup local_setup attribute_setup method_setup method declaration simproc_setup "
            + "declare_simproc tactic raw_tactic sledgehammer sledgehammer_params nitpick nitpick_params nunchaku refute refute_params quickcheck quickcheck_params quickcheck_generator try try0 solve_direct mirabelle "
            + "value values values_prolog export_code find_theorems find_consts find_unused_assms compile_generated_files scala_build_generated_files boogie_file spark_open spark_vc spark_status spark_end"),
        (File, "external_file bibtex_file ROOTS_file generate_file export_generated_files export_classpath load_generated_files print_state"),
        (Escape, "theory imports keywords abbrevs begin end"));

    // Each of these is the begin of a goal of its own inside a proof.
    private static readonly FrozenSet<string> Opening = "have hence show thus obtain consider interpret subgoal guess".Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Ending = "by done qed sorry oops".Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Begin =
        "by proof apply apply_end using unfolding including supply subgoal defer prefer back done sorry oops end nitpick quickcheck sledgehammer try try0 qed".Split(' ').ToFrozenSet(StringComparer.Ordinal);

    private static readonly string[] HarmlessOptions =
        ["smt_timeout", "smt_trace", "smt_nat_as_int", "smt_random_seed", "simp_trace", "simp_depth_limit", "simp_break", "linarith_split_limit", "linarith_neq_limit", "linarith_verbose", "metis_", "unify_", "blast_", "show_", "goals_limit", "names_", "eta_contract", "meson_", "argo_", "coercion_enabled", "sos_"];

    /// <summary>The audit that refuses a word, or null. Methods may be named in full and in quotes.</summary>
    public static string? AuditOf(string word)
    {
        word = word.Trim('"', ' ');
        if (Words.TryGetValue(word, out var audit))
            return audit;
        var last = word[(word.LastIndexOf('.') + 1)..];
        return last is "eval" or "normalization" or "tactic" or "raw_tactic" ? Words[last] : null;
    }

    /// <summary>Whether a word states a theorem.</summary>
    public static bool IsStatement(string word) => word is "theorem" or "lemma" or "corollary" or "proposition";

    /// <summary>Whether a word or sign begins a proof: a statement ends before it.</summary>
    public static bool BeginsProof(IsabelleToken token) => (token.Kind == IsabelleTokenKind.Word && Begin.Contains(token.Text)) || token.IsSymbol(".") || token.IsSymbol("..");

    /// <summary>Whether a word begins a goal of its own inside a proof.</summary>
    public static bool OpensGoal(IsabelleToken token) => token.Kind == IsabelleTokenKind.Word && Opening.Contains(token.Text);

    /// <summary>Whether a word or sign ends a goal.</summary>
    public static bool EndsGoal(IsabelleToken token) => (token.Kind == IsabelleTokenKind.Word && Ending.Contains(token.Text)) || token.IsSymbol(".") || token.IsSymbol("..");

    /// <summary>Whether an option in double brackets changes neither what is checked nor what is said about oracles.</summary>
    public static bool IsHarmlessOption(string option) => HarmlessOptions.Any(o => o[^1] == '_' ? option.StartsWith(o, StringComparison.Ordinal) : option == o);

    private static FrozenDictionary<string, string> Table(params (string Audit, string Words)[] rows) =>
        rows.SelectMany(r => r.Words.Split(' ').Select(w => KeyValuePair.Create(w, r.Audit))).ToFrozenDictionary(StringComparer.Ordinal);
}
