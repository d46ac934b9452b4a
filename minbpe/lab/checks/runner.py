"""Calls an answer, and brings back plain data: all that the rest of the check ever learns of it.

With watch.py, which stops a call after a time, this file needs nothing but Python's own library, so that the two can
stand where the answer is and the checks are not: a grader's kernel has them, and no case, no reference and no expected
value. What goes in are the steps of a case; what comes out are Facts and an Outcome, of which every value is one of
Python's own types, or a Thing that says in words what it was. Local calls the answer in this very Python, as a notebook
does.
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import functools
import gc
import hashlib
import inspect
import io
import math
import numbers
import operator
import sys
import sysconfig
import traceback
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, MethodDescriptorType, MethodType
from typing import Any, Protocol

from minbpe.lab.checks.watch import Stop, watch_for

SECONDS = 5.0  # how long one call may take
PRINTED = 2000  # how many characters of what an answer prints are kept
MOST_BITS = 10_000  # of a number: Python refuses to write down some that are longer
DEEPEST = 50  # values inside of values are followed so far
SIMPLE = {int, str, bytes, bool, float, type(None)}
MANY: tuple[Any, ...] = (list, tuple, set, frozenset)
TEXTS: tuple[Any, ...] = (str, bytes, bytearray)
IN_C = (BuiltinFunctionType, MethodDescriptorType)
_Cached = type(functools.cache(len))
LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


# --- what goes in


class Code:
    """An argument known by its source: shown as it was written, and made anew for each call.

    For arguments that a repr cannot show, as a function, or that are used up, as an iterator. With `names` the source
    needs more than Python's builtins; its value is then plain data.
    """

    def __init__(self, source: str, setup: str = "", **names: Any) -> None:
        self.source = source
        self.setup = setup  # the import that the source needs, if any
        self.names = names

    def __repr__(self) -> str:
        return self.source

    def make(self) -> Any:
        # Our own source, from the exercises: an error in it is in no line of the learner's.
        return eval(compile(self.source, __file__, "eval"), dict(self.names))


@dataclass(frozen=True)
class Step:
    """One call: of the answer itself, or of a method of an object that an earlier step made.

    `on` names an object: without a method the step makes it. `through` is the source of a function that is called in
    place of the answer, with the answer as its first argument: as "lambda answer, ids: list(answer(ids))".
    """

    args: tuple[Any, ...]
    method: str = ""
    on: str = ""
    through: str = ""


def fresh(value: Any) -> Any:
    """A copy that an answer may change without harm to anyone."""
    if isinstance(value, Code):
        return value.make()
    if type(value) in (list, tuple, set):
        return type(value)(map(fresh, value))
    if type(value) is int:
        return int(str(value))  # a new object, so that an answer that asks `is` in place of `==` is found out
    if type(value) is dict:
        return {key: fresh(each) for key, each in value.items()}
    return value


# --- what comes out


@dataclass(frozen=True)
class Thing:
    """A value that is no plain data: what it is, in words."""

    kind: str  # "blank" (... or NotImplemented), "error" (an exception or its class), "iterator", "callable" or "other"
    name: str  # of its type; of the exception
    text: str = field(default="", compare=False)

    def __repr__(self) -> str:
        return self.text or f"<{self.name}>"


@dataclass(frozen=True)
class Raised:
    """An error that left the answer. `line`, `source` and `function` say where in the learner's own code."""

    kind: str
    message: str = ""
    bases: tuple[str, ...] = ()  # the names of its class and of all that this is derived from
    line: int = 0  # 0 where it did not come from a line of the learner's
    source: str = ""
    function: str = ""

    def rebuilt(self) -> BaseException:
        """An exception of that class, as far as it is one of Python's own."""
        kind = getattr(builtins, self.kind, None)
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            return Exception(f"{self.kind}: {self.message}")
        return kind.__new__(kind, self.message)


@dataclass
class Outcome:
    """What came of the steps of one case: the value of the last one, or what kept it from coming."""

    value: Any = None
    error: Raised | None = None
    stopped: str = ""  # "time" or "memory" when the watch stopped it
    printed: str = ""
    args: tuple[Any, ...] = ()  # the arguments of all steps as the calls left them
    given_back: int | None = None  # the place of the argument that is returned itself, if it can be changed
    foreign: str = ""  # the name of the function that it should not have called, and did
    missing: str = ""  # the method that an object does not have


@dataclass(frozen=True)
class Form:
    """How a function is written, as far as it can be told without calling it."""

    parameters: tuple[tuple[str, int, bool], ...] | None = None  # name, inspect's kind, optional; None: nobody knows
    blank: bool = False  # only `...` or `pass`, or only raises NotImplementedError
    is_async: bool = False
    generator: bool = False


@dataclass(frozen=True)
class Facts:
    """What can be told of an answer by looking at it."""

    kind: str  # "blank" (...), "class", "callable" or "value"
    type_name: str
    name: str = ""  # as it was defined: __qualname__
    module: str = ""
    form: Form = Form()
    methods: dict[str, Form] = field(default_factory=dict)  # of those asked for, the ones that it has
    origin: str = ""  # module and name of the function inside of partials, decorators and bound methods
    digests: frozenset[str] = frozenset()  # of its functions that have a docstring: a copy has the same
    source: str = ""
    names: frozenset[str] = frozenset()  # that its code uses, and the code of the functions beside it that it calls
    outside: tuple[str, ...] = ()  # names of values, not functions, that it uses and other cells have made


class Caller(Protocol):
    """How a check reaches an answer. Nothing else of it is seen, so the answer can be in another process.

    `examine` keeps no state of the answer's: the objects of a case live for the one `call` that has all its steps.
    """

    def facts(self, methods: Collection[str] = ()) -> Facts:
        """What the answer is, found without calling it; `methods` are those that the exercise asks for."""

    def call(
        self,
        steps: Sequence[Step],
        seconds: float | None = None,
        *,
        clean: bool = False,
        forbidden: Collection[str] = (),
        processor: float = math.inf,
    ) -> Outcome:
        """Take the steps for at most `seconds`; `processor` limits the seconds of processor time.

        The arguments are copied first: the answer cannot change those of the caller. `clean` puts back before it what
        the answer has kept since it was handed in: defaults, globals, attributes of its class. A call of one of the
        `forbidden` functions ("module.name"), however deep, is noted.
        """


# --- the answer is here


class Local:
    """Calls an answer in this Python."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self._kept = _Kept(answer)

    def facts(self, methods: Collection[str] = ()) -> Facts:
        return facts_of(self.answer, methods)

    def call(
        self,
        steps: Sequence[Step],
        seconds: float | None = None,
        *,
        clean: bool = False,
        forbidden: Collection[str] = (),
        processor: float = math.inf,
    ) -> Outcome:
        if clean:
            self._kept.put_back()
        given = [fresh(step.args) for step in steps]
        return run(
            lambda: take(self.answer, steps, given),
            seconds,
            args=tuple(each for args in given for each in args),
            forbidden=forbidden,
            processor=processor,
        )


class Missing(Exception):
    """An object lacks the method of that name."""


def take(answer: Any, steps: Sequence[Step], given: Sequence[tuple[Any, ...]]) -> Any:
    """The value of the last step."""
    objects: dict[str, Any] = {}
    result = None
    for step, args in zip(steps, given, strict=True):
        if step.through:
            result = eval(step.through)(answer, *args)
        elif not step.method:
            result = answer(*args)
            if step.on:
                objects[step.on] = result
        elif not hasattr(objects[step.on], step.method):
            raise Missing(step.method)
        else:
            result = getattr(objects[step.on], step.method)(*args)
    return result


def plain(value: Any, depth: int = 0) -> Any:
    """A copy of `value` in Python's own types. A subclass counts as what it is derived from."""
    try:
        return _plain(value, depth)
    except Exception:  # whatever a class of the learner's own may do when it is asked
        return Thing("other", type(value).__name__)


def _plain(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in SIMPLE:
        return _huge(value) if _is_huge(value) else value
    if depth > DEEPEST:
        return Thing("other", kind.__name__)
    if kind in MANY and _are_simple(value):
        return kind(value)
    if kind is dict and _are_simple(value) and _are_simple(value.values()):
        return dict(value)
    for many in MANY:
        if isinstance(value, many):
            return many(plain(each, depth + 1) for each in many.__iter__(value))
    if isinstance(value, dict):
        return {plain(key, depth + 1): plain(each, depth + 1) for key, each in dict.items(value)}
    for text in TEXTS:
        if isinstance(value, text):
            return text.__getitem__(value, slice(None))
    if isinstance(value, numbers.Integral):
        return _plain(int(value), depth)
    if isinstance(value, numbers.Real):
        return float(value)
    return _thing(value)


def _are_simple(values: Collection[Any]) -> bool:
    return SIMPLE.issuperset(map(type, values)) and not any(map(_is_huge, values))


def _is_huge(value: Any) -> bool:
    return type(value) is int and value.bit_length() > MOST_BITS


def _huge(value: int) -> Thing:
    digits = int(value.bit_length() * math.log10(2)) + 1
    return Thing("other", f"int of {digits} digits", f"a number of {digits} digits")


def _thing(value: Any) -> Thing:
    if value is Ellipsis or value is NotImplemented:
        return Thing("blank", type(value).__name__, repr(value))
    if isinstance(value, type):
        return Thing("error" if issubclass(value, BaseException) else "callable", value.__name__)
    kind = (
        "error"
        if isinstance(value, BaseException)
        else "iterator"
        if isinstance(value, Iterator)
        else "callable"
        if callable(value)
        else "other"
    )
    text = repr(value)
    return Thing(kind, type(value).__name__, "" if " at 0x" in text else text[:200])


def raised(error: BaseException) -> Raised:
    """An error as plain data."""
    kind = type(error)
    try:
        message = str(error)
    except Exception:
        message = ""
    bases = tuple(each.__name__ for each in kind.__mro__)
    theirs = [
        entry
        for frame, entry in zip(
            traceback.walk_tb(error.__traceback__), traceback.extract_tb(error.__traceback__), strict=True
        )
        if _is_theirs(frame[0])
    ]
    if not theirs:
        return Raised(kind.__name__, message, bases)
    # Too deep a recursion is found as a call begins, on its `def`: the line that called says more.
    entry = theirs[-2 if isinstance(error, RecursionError) and len(theirs) > 1 else -1]
    return Raised(kind.__name__, message, bases, entry.lineno or 0, entry.line or "", entry.name)


def _is_theirs(frame: FrameType) -> bool:
    file, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__", ""))
    ours = file == __file__ or module.partition(".")[0] == "minbpe"
    return not ours and not file.startswith(("<frozen", *LIBRARIES))


# --- looking at an answer


def facts_of(answer: Any, methods: Collection[str] = ()) -> Facts:
    type_name = type(answer).__name__
    if answer is Ellipsis or answer is NotImplemented:
        return Facts("blank", type_name)
    kind = "class" if isinstance(answer, type) else "callable" if callable(answer) else "value"
    inner = unwrap(answer)
    written = {method: inspect.getattr_static(answer, method, None) for method in methods}
    called = functions_of(answer)
    functions = [*called, *_wrapped(answer)]
    return Facts(
        kind,
        type_name,
        name=str(getattr(answer, "__qualname__", "")) if isinstance(answer, (FunctionType, type)) else "",
        module=str(getattr(answer, "__module__", "")),
        form=form_of(answer),
        methods={method: form_of(function) for method, function in written.items() if function is not None},
        origin=name_of(inner) if kind != "value" else "",
        digests=frozenset(digest(each) for each in functions if each.__doc__),
        source=_source(inner),
        names=names_in(called),
        outside=_outside(functions),
    )


def functions_of(answer: Any) -> list[FunctionType]:
    """The functions that a call of the answer begins with, whatever it says of itself in __wrapped__."""
    inner = unwrap(answer)
    if isinstance(inner, type):
        classes = [each for each in inner.__mro__ if each is inner or not _is_library(each)]
        found = [unwrap(each) for one in classes for each in vars(one).values()]
    elif isinstance(inner, FunctionType):
        # One from Python's library, as singledispatch makes it, calls what is inside of it.
        found = [inner, *(_wrapped(inner) if _is_library_code(inner) else ())]
    elif callable(inner) and not _is_library(type(inner)):
        found = [
            inspect.getattr_static(type(inner), "__call__", None),
            *map(unwrap, getattr(inner, "__dict__", {}).values()),
        ]
    else:
        found = []
    return [each for each in found if isinstance(each, FunctionType)]


def _wrapped(answer: Any) -> list[FunctionType]:
    """The functions that it says it is made of, one inside the other."""
    found = []
    for _ in range(DEEPEST):
        answer = getattr(answer, "__wrapped__", None)
        if not isinstance(answer, FunctionType):
            break
        found.append(answer)
    return found


def _is_library_code(function: FunctionType) -> bool:
    return str(function.__globals__.get("__name__", "")).partition(".")[0] in sys.stdlib_module_names - {"__main__"}


def _outside(functions: Sequence[FunctionType]) -> tuple[str, ...]:
    kinds = (str, bytes, int, float, list, dict, set, tuple)
    return tuple(
        sorted(
            {
                name
                for function in functions
                for name in _global_names(function.__code__)
                if isinstance(function.__globals__.get(name), kinds)
            }
        )
    )


def _source(answer: Any) -> str:
    try:
        return inspect.getsource(answer)
    except (OSError, TypeError):
        return ""


def names_in(functions: Sequence[FunctionType]) -> frozenset[str]:
    """The global names and attributes that some functions use, and the functions and classes beside them that they
    call. Where one stands under another name, or is asked for by its name as a text, that is its name."""
    left = list(functions)
    names: set[str] = set()
    seen: set[CodeType] = set()
    while left:
        function = left.pop()
        if function.__code__ in seen:  # as a function that calls itself, found in its own closure
            continue
        used = set().union(*map(_names_of, _codes(function.__code__)))
        seen.add(function.__code__)
        names |= used
        kept = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
        own = [value for key, value in vars(function).items() if key in used]
        beside = [function.__globals__[name] for name in used if name in function.__globals__]
        enclosed = inspect.getclosurevars(function).nonlocals.values() if function.__closure__ else ()
        for value in map(unwrap, (*kept, *own, *beside)):
            names |= _name_behind(value)
            left += functions_of(value) if _is_beside(value, function) else ()
        for value in map(unwrap, enclosed):
            names |= _name_behind(value)
            left += functions_of(value) if not isinstance(value, type) or _is_beside(value, function) else ()
    return frozenset(names)


def _is_beside(value: Any, function: FunctionType) -> bool:
    """Whether a function or a class is written where the function is."""
    if isinstance(value, FunctionType):
        return value.__globals__ is function.__globals__
    return isinstance(value, type) and value.__module__ == function.__globals__.get("__name__")


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A code, and those of the functions written inside of it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


def _names_of(code: CodeType) -> set[str]:
    names = set(code.co_names)
    if "getattr" in names:
        names |= {each for each in code.co_consts if isinstance(each, str) and each.isidentifier()}
    if any(step.opname == "MATCH_CLASS" for step in dis.get_instructions(code)):  # `case object(decode=found)`
        names |= {name for each in code.co_consts if isinstance(each, tuple) for name in each if isinstance(name, str)}
    return names


def _name_behind(value: Any) -> set[str]:
    """What a value is called where it was made, if that is Python's: bytes.decode, methodcaller("decode")."""
    if isinstance(value, (operator.methodcaller, operator.attrgetter)):
        return {part for name in value.__reduce__()[1] if isinstance(name, str) for part in name.split(".")}
    return {value.__name__} if isinstance(value, IN_C) else set()


def unwrap(answer: Any) -> Any:
    """The function inside of partials, caches and methods: what is really called. What a function says of itself in
    __wrapped__ is left aside: it can say anything."""
    for _ in range(DEEPEST):
        if isinstance(answer, functools.partial):
            answer = answer.func
        elif isinstance(answer, (MethodType, staticmethod, classmethod)):
            answer = answer.__func__
        elif isinstance(answer, _Cached):
            answer = _in_cache(answer)
        else:
            break
    return answer


def _in_cache(cached: Any) -> Any:
    """What functools.cache calls: it holds that last, behind results that it knows."""
    held = [each for each in gc.get_referents(cached) if callable(each)]
    return [each for each in held if not (isinstance(each, type) and each.__module__ == "functools")][-1]


def name_of(function: Any) -> str:
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', '')}"


def form_of(function: Any) -> Form:
    try:
        signature = inspect.signature(function) if callable(function) else None
    except (TypeError, ValueError):  # some functions written in C do not tell
        signature = None
    parameters = None
    if signature:
        parameters = tuple(
            (each.name, int(each.kind), each.default is not each.empty) for each in signature.parameters.values()
        )
    waits = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
    return Form(parameters, _is_blank(function), waits, inspect.isgeneratorfunction(function))


def _is_blank(answer: Any) -> bool:
    """A function whose body is `...` or `pass`, or that only raises NotImplementedError."""
    code = getattr(answer, "__code__", None)
    if not isinstance(code, CodeType):
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname not in ("RESUME", "NOP")]
    names = [step.opname for step in steps]
    if names == ["LOAD_CONST", "RETURN_VALUE"] or names == ["RETURN_CONST"]:
        return steps[0].argval in (None, Ellipsis)
    return names[-1:] == ["RAISE_VARARGS"] and steps[0].argval == "NotImplementedError" and len(steps) <= 8


def digest(function: Any) -> str:
    """The same for two functions that are written alike, docstring and all."""

    def of(code: CodeType) -> Any:
        constants = tuple(of(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts)
        return code.co_code, code.co_names, code.co_varnames, constants

    return hashlib.sha256(repr((of(function.__code__), function.__doc__)).encode()).hexdigest()


class _Kept:
    """What an answer can keep from one call to the next, as it was when it was handed in.

    The defaults of its parameters, the global variables and those of functions around it that it uses, attributes of
    functions and classes; and the same of the functions that it calls, when they were written beside it.
    """

    def __init__(self, answer: Any) -> None:
        self.places: list[tuple[dict[str, Any] | None, Any, Any, Any]] = []  # namespace, key, object, copy of it
        self.classes: list[tuple[type, set[str]]] = []
        self.caches: list[Callable[[], object]] = []
        self.seen: set[int] = set()
        self.look_at(answer)

    def look_at(self, thing: Any) -> None:
        if id(thing) in self.seen:
            return
        self.seen.add(id(thing))
        if callable(clear := getattr(thing, "cache_clear", None)):
            self.caches.append(clear)
        thing = unwrap(thing)
        if isinstance(thing, type) and not _is_library(thing):
            self.look_at_class(thing)
        elif isinstance(thing, FunctionType) and not _is_library(thing):
            for default in (*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values()):
                self.keep(None, "", default)
            for key, value in vars(thing).items():
                self.keep(vars(thing), key, value)
            for cell in thing.__closure__ or ():
                with contextlib.suppress(ValueError):  # an empty one
                    self.keep(None, "", cell.cell_contents)
                    self.look_at_code(cell.cell_contents)
            for name in _global_names(thing.__code__):
                if name in thing.__globals__:
                    self.keep(thing.__globals__, name, thing.__globals__[name])
                    self.look_at_code(thing.__globals__[name])

    def look_at_code(self, value: Any) -> None:
        if isinstance(unwrap(value), (FunctionType, type)):
            self.look_at(value)

    def look_at_class(self, thing: type) -> None:
        self.classes.append((thing, set(vars(thing))))
        for base in thing.__bases__:
            self.look_at_code(base)
        for value in list(vars(thing).values()):
            self.keep(None, "", value)
            self.look_at_code(value)

    def keep(self, namespace: dict[str, Any] | None, key: str, value: Any) -> None:
        if type(value) in (list, dict, set, bytearray) or _is_derived(value):
            self.places.append((namespace, key, value, _copied(value)))
        elif namespace is not None and isinstance(value, (int, str, bytes, float, tuple, type(None))):
            self.places.append((namespace, key, value, None))

    def put_back(self) -> None:
        for namespace, key, value, saved in self.places:
            if namespace is not None and namespace.get(key) is not value:
                namespace[key] = value
            if saved is not None and saved != value:
                value.clear()
                value.extend(_copied(saved)) if isinstance(value, (list, bytearray)) else value.update(_copied(saved))
        for thing, names in self.classes:
            for name in set(vars(thing)) - names:
                with contextlib.suppress(AttributeError, TypeError):
                    delattr(thing, name)
        for clear in self.caches:
            clear()


def _is_derived(value: Any) -> bool:
    """A Counter or a defaultdict: what derives from a dict in Python's own library."""
    return isinstance(value, dict) and type(value).__module__ == "collections"


def _is_library(thing: Any) -> bool:
    module = str(getattr(thing, "__module__", "")).partition(".")[0]
    return (module in sys.stdlib_module_names and module != "__main__") or module == "minbpe"


GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL")  # co_names holds attributes, too


def _global_names(code: CodeType) -> set[str]:
    names = {str(each.argval) for each in dis.get_instructions(code) if each.opname in GLOBAL}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _global_names(constant)
    return names


def _copied(value: Any) -> Any:
    if type(value) in (list, tuple, set):
        return type(value)(map(_copied, value))
    if type(value) is dict or _is_derived(value):
        return {key: _copied(each) for key, each in value.items()}
    return bytearray(value) if type(value) is bytearray else value


# --- calling safely


def run(
    function: Callable[[], Any],
    seconds: float | None = None,
    *,
    args: tuple[Any, ...] = (),
    forbidden: Collection[str] = (),
    processor: float = math.inf,
) -> Outcome:
    """Call `function` for at most `seconds`. KeyboardInterrupt goes through, nothing else does.

    `args` are the objects that it works on: the outcome says how it left them, and whether it gave one of them back.
    """
    outcome = Outcome()
    printed = _Printed()
    watch = watch_for(SECONDS if seconds is None else seconds, processor)
    value: Any = None
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(), _noting(forbidden, outcome):
        warnings.simplefilter("ignore")  # an answer may warn, as the package's own train does
        try:
            value = watch.run(function)
        except Stop:
            outcome.stopped = watch.reason
        except KeyboardInterrupt:
            raise
        except Missing as error:
            outcome.missing = str(error)
        except BaseException as error:
            # SystemExit too: exit() in an answer must not take the kernel along.
            if watch.failure:
                raise
            outcome.error = raised(error)
    outcome.printed = printed.getvalue()
    outcome.given_back = place_of(value, args)
    outcome.value = plain(value)
    outcome.args = tuple(map(plain, args))
    return outcome


def place_of(value: Any, args: tuple[Any, ...]) -> int | None:
    """Where among the arguments that very object is; None for one that nobody can change."""
    if not isinstance(value, (list, dict, set, bytearray)):
        return None
    return next((place for place, each in enumerate(args) if each is value), None)


class _Printed(io.StringIO):
    """Keeps the first characters only, so that an answer that prints for ever does not fill the memory."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, PRINTED - self.tell())])
        return len(text)


@contextlib.contextmanager
def _noting(forbidden: Collection[str], outcome: Outcome) -> Iterator[None]:
    if not forbidden:
        yield
        return
    before = sys.getprofile()
    short = {name.rpartition(".")[2] for name in forbidden}

    def note(frame: FrameType, event: str, arg: object) -> None:
        if event == "call" and frame.f_code.co_name in short:
            name = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"
            if name in forbidden:
                outcome.foreign = name

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)
