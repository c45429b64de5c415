namespace Ratchet.Domains.Metamath;

/// <summary>What is wrong with a Metamath database or proof. "Book" is the language's specification: Megill and Wheeler, Metamath, 2nd edition, chapter 4 and appendix B.</summary>
public enum MetamathErrorKind
{
    /// <summary>A file cannot be opened or read, or is larger than 1 GiB.</summary>
    FileNotReadable,

    /// <summary>A byte that is neither printable ASCII nor space, tab, line feed, form feed or carriage return (book 4.1.1).</summary>
    InvalidCharacter,

    /// <summary>A keyword such as <c>$(</c> or <c>$.</c> touches another token (book 4.1.1).</summary>
    KeywordNotSeparated,

    /// <summary>A comment has no end in its file.</summary>
    CommentNotClosed,

    /// <summary><c>$(</c> inside a comment.</summary>
    NestedComment,

    /// <summary><c>$)</c> outside a comment.</summary>
    StrayCommentEnd,

    /// <summary>An inclusion <c>$[ name $]</c> without its name or its end, or a stray <c>$]</c>.</summary>
    MalformedInclude,

    /// <summary>An inclusion inside a block or a statement (book 4.1.2).</summary>
    MisplacedInclude,

    /// <summary>A token where a statement, a scope or a label must begin.</summary>
    UnexpectedToken,

    /// <summary><c>$f</c>, <c>$e</c>, <c>$a</c> or <c>$p</c> without a label.</summary>
    MissingLabel,

    /// <summary>A label before another label, or before a keyword that takes none.</summary>
    MisplacedLabel,

    /// <summary>A label with other characters than letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</summary>
    InvalidLabel,

    /// <summary>A label that was used before.</summary>
    DuplicateLabel,

    /// <summary>A token that is both a label and a math symbol.</summary>
    LabelIsSymbol,

    /// <summary>A declaration of a math symbol that contains <c>$</c>.</summary>
    InvalidSymbol,

    /// <summary>A symbol that is declared already, and active.</summary>
    DuplicateDeclaration,

    /// <summary>A symbol that is a constant in one place and a variable in another.</summary>
    ConstantAndVariable,

    /// <summary><c>$c</c> inside a block.</summary>
    ConstantInBlock,

    /// <summary>A statement without symbols.</summary>
    EmptyStatement,

    /// <summary>A math symbol that was never declared.</summary>
    UndeclaredSymbol,

    /// <summary>A variable whose <c>$v</c> is out of scope.</summary>
    InactiveVariable,

    /// <summary>A variable without an active <c>$f</c> in a statement that needs its type.</summary>
    UntypedVariable,

    /// <summary>A statement that does not begin with a constant.</summary>
    FirstSymbolNotConstant,

    /// <summary><c>$f</c> that is not a constant and a variable.</summary>
    MalformedFloating,

    /// <summary>A second active <c>$f</c> for one variable.</summary>
    DuplicateFloating,

    /// <summary>A variable that had another type in an earlier scope (book 4.2.5: the type is global).</summary>
    TypeChanged,

    /// <summary><c>$d</c> with fewer than two symbols, a symbol twice, or a constant.</summary>
    MalformedDisjoint,

    /// <summary><c>$p</c> without <c>$=</c>, or <c>$=</c> in another statement.</summary>
    MisplacedProof,

    /// <summary>A statement without <c>$.</c>.</summary>
    StatementNotClosed,

    /// <summary><c>$}</c> without <c>${</c>.</summary>
    BlockNotOpen,

    /// <summary><c>${</c> without <c>$}</c>.</summary>
    BlockNotClosed,

    /// <summary>A theorem's text that says something else than the database under the same label.</summary>
    StatementDiffers,

    /// <summary>A token that cannot stand in a proof, such as the keyword <c>$a</c>.</summary>
    ForbiddenToken,

    /// <summary>A proof without steps.</summary>
    EmptyProof,

    /// <summary>A proof with the placeholder <c>?</c>.</summary>
    IncompleteProof,

    /// <summary>A label in a proof that is no label of the database.</summary>
    UnknownLabel,

    /// <summary>A proof that uses a statement that comes later in the file.</summary>
    LaterLabel,

    /// <summary>A proof that uses the theorem that it is for.</summary>
    SelfReference,

    /// <summary>A proof that uses a hypothesis that is out of scope.</summary>
    InactiveHypothesis,

    /// <summary>A compressed proof whose list names a mandatory hypothesis (book appendix B).</summary>
    MandatoryHypothesisListed,

    /// <summary>A compressed proof with a missing parenthesis, an illegal letter or a number that does not end.</summary>
    MalformedCompressedProof,

    /// <summary>A number in a compressed proof beyond the last step that it could mean.</summary>
    NumberOutOfRange,

    /// <summary><c>Z</c> in a compressed proof that does not follow a step with an assertion.</summary>
    MisplacedSave,

    /// <summary>A step that needs more hypotheses than the stack holds.</summary>
    StackUnderflow,

    /// <summary>An expression with another type than the variable that it is substituted for.</summary>
    TypecodeMismatch,

    /// <summary>An expression on the stack that differs from the hypothesis after substitution.</summary>
    HypothesisMismatch,

    /// <summary>Two expressions share a variable where the assertion used demands that they do not.</summary>
    SharedVariable,

    /// <summary>Two variables that the theorem does not declare disjoint meet where the assertion used demands it.</summary>
    MissingDisjoint,

    /// <summary>More or fewer than one expression is left at the end of a proof.</summary>
    StackNotSingle,

    /// <summary>The proof proves another statement.</summary>
    WrongConclusion,

    /// <summary>The proof is longer than the verifier's limits.</summary>
    TooLarge,
}
