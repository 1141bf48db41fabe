"""The demo's pages: two trees, one per language, whose pages are translations of each other."""

import uuid
import zoneinfo

from django.utils.html import escape
from wagtail.models import Locale, Page, Site

from academy.demo.content import day
from courses.models import Course, CourseRun, Curriculum, Segment

from .models import (
    ArticleIndexPage,
    ArticlePage,
    CallIndexPage,
    CallPage,
    CourseIndexPage,
    CoursePage,
    CurriculumPage,
    HomePage,
    MentorIndexPage,
    PaymentSettings,
    SiteSettings,
    StandardPage,
)

LANGUAGES = ("cs", "en")
# Of a bank that does not exist, so that nobody pays anybody by scanning a code of the demo.
DEMO_IBAN = "CZ9199990000002000145399"
TITLES = {
    "courses": {"cs": ("Kurzy", "kurzy"), "en": ("Courses", "courses")},
    "mentors": {"cs": ("Mentorky a mentoři", "mentori"), "en": ("Mentors", "mentors")},
    "paths": {"cs": ("Vzdělávací dráhy", "drahy"), "en": ("Learning paths", "learning-paths")},
    "calls": {"cs": ("Výzvy", "vyzvy"), "en": ("Open calls", "calls")},
    "news": {"cs": ("Zprávy a dobrá praxe", "zpravy"), "en": ("News and good practice", "news")},
    "about": {"cs": ("O nás", "o-nas"), "en": ("About us", "about")},
    "privacy": {"cs": ("Osobní údaje", "osobni-udaje"), "en": ("Personal data", "personal-data")},
    "accessibility": {"cs": ("Prohlášení o přístupnosti", "pristupnost"), "en": ("Accessibility", "accessibility")},
}
LEADS = {
    "courses": {
        "cs": "Všechny vypsané termíny s volnými místy. Většina míst je díky partnerům zdarma.",
        "en": "Every date on offer with the places left. Thanks to our partners most places are free of charge.",
    },
    "mentors": {
        "cs": "Zarezervujte si hodinu s někým, kdo vaši situaci už řešil.",
        "en": "Book an hour with somebody who has solved your situation before.",
    },
    "paths": {
        "cs": "Kurzy, které na sebe navazují. Tempo si určujete sami.",
        "en": "Courses that build on one another. You set the pace.",
    },
    "calls": {
        "cs": "Místa, o která se žádá přihláškou. Hodnotí je nezávislá komise a každý dostane odpověď s důvodem.",
        "en": "Places for which you apply. An independent jury decides, and everybody gets an answer with a reason.",
    },
    "news": {
        "cs": "Co se osvědčilo, co ne a co chystáme.",
        "en": "What worked, what did not, and what comes next.",
    },
    "about": {"cs": "", "en": ""},
    "privacy": {
        "cs": "Co o vás víme, proč, jak dlouho a co s tím můžete udělat.",
        "en": "What we know about you, why, for how long, and what you can do about it.",
    },
    "accessibility": {
        "cs": "Stránky mají jít používat klávesnicí, se čtečkou i na malém telefonu.",
        "en": "The site is meant to be used by keyboard, with a screen reader and on a small phone.",
    },
}
TEXTS = {
    "privacy": {
        "cs": [
            "<p>Pro zápis do kurzu potřebujeme vaše jméno a e-mail. Zpracováváme je, abychom vám mohli kurz "
            "poskytnout; souhlas k tomu není potřeba.</p>",
            "<p>Docházku a vydaná osvědčení uchováváme tak dlouho, jak to vyžadují poskytovatelé podpory. "
            "Ostatní údaje můžete kdykoli opravit nebo nechat smazat.</p>",
            "<p>Používáme jen technické cookies. Žádná stránka nenačítá nic od třetích stran.</p>",
        ],
        "en": [
            "<p>To enroll you we need your name and e-mail address. We process them to provide the course; "
            "this does not rest on consent.</p>",
            "<p>Attendance and issued certificates are kept for as long as our funders require. Everything else "
            "you can correct or have deleted at any time.</p>",
            "<p>We use technical cookies only. No page loads anything from third parties.</p>",
        ],
    },
    "accessibility": {
        "cs": [
            "<p>Usilujeme o soulad s WCAG 2.2 na úrovni AA. Stránky automaticky kontrolujeme při každé změně "
            "a procházíme je klávesnicí.</p>",
            "<p>Narazili jste na překážku? Napište nám prosím, co jste dělali a na jakém zařízení. Odpovíme do "
            "pěti pracovních dnů.</p>",
        ],
        "en": [
            "<p>We aim to conform to WCAG 2.2 at level AA. Every change is checked automatically, and we walk "
            "through the pages by keyboard.</p>",
            "<p>Did you meet an obstacle? Please tell us what you did and on which device. We answer within "
            "five working days.</p>",
        ],
    },
}


def _key(name):
    """Translation key shared by the language versions of one page, the same at every load."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"https://example.org/demo/{name}")


def load_content(content, now):
    """Load site settings and both page trees, in place of Wagtail's welcome page."""
    office = content["organisation"]
    settings = SiteSettings.load()
    settings.name_cs, settings.name_en = office["name"]["cs"], office["name"]["en"]
    settings.tagline_cs, settings.tagline_en = office["tagline"]["cs"], office["tagline"]["en"]
    settings.email, settings.postal_address = office["email"], office["postal_address"]["cs"]
    settings.save()
    account = PaymentSettings.load()
    account.iban, account.holder = DEMO_IBAN, office["name"]["cs"]
    account.save()

    Site.objects.all().delete()
    for page in Page.objects.filter(depth=2):
        page.delete()
    root = Page.get_first_root_node()
    for language in LANGUAGES:
        locale, _made = Locale.objects.get_or_create(language_code=language)
        home = root.add_child(
            instance=HomePage(
                title=office["name"][language],
                slug="home" if language == "cs" else f"home-{language}",
                lead=office["tagline"][language],
                about=[("text", f"<p>{office.text('about', language)}</p>")],
                locale=locale,
                translation_key=_key("home"),
            )
        )
        _load_tree(content, home, language, now)
        if language == "cs":
            Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    settings.privacy_page = Page.objects.get(translation_key=_key("privacy"), locale__language_code="cs")
    settings.save()


def _load_tree(content, home, language, now):
    index = _add(home, CourseIndexPage, "courses", language, show_in_menus=True)
    for course in Course.objects.order_by("pk"):
        index.add_child(
            instance=CoursePage(
                title=getattr(course, f"title_{language}"),
                slug=course.code,
                course=course,
                locale=home.locale,
                translation_key=_key(f"course/{course.code}"),
            )
        )
    _add(home, MentorIndexPage, "mentors", language, show_in_menus=True)
    paths = _add(home, StandardPage, "paths", language, show_in_menus=True)
    for curriculum in Curriculum.objects.order_by("pk"):
        paths.add_child(
            instance=CurriculumPage(
                title=getattr(curriculum, f"title_{language}"),
                slug=curriculum.slug,
                curriculum=curriculum,
                locale=home.locale,
                translation_key=_key(f"path/{curriculum.slug}"),
            )
        )
    calls = _add(home, CallIndexPage, "calls", language, show_in_menus=True)
    for entry in content["calls"]:
        _add_call(calls, entry, language)
    news = _add(home, ArticleIndexPage, "news", language, show_in_menus=True)
    for entry in content["news"]:
        _add_article(news, entry, language, now)
    about = f"<p>{content['organisation'].text('about', language)}</p>"
    _add(home, StandardPage, "about", language, show_in_menus=True, body=[("text", about)])
    for name, texts in TEXTS.items():
        _add(home, StandardPage, name, language, body=[("text", text) for text in texts[language]])


def _add(parent, model, name, language, **fields):
    title, slug = TITLES[name][language]
    return parent.add_child(
        instance=model(
            title=title,
            slug=slug,
            lead=LEADS[name][language],
            locale=parent.locale,
            translation_key=_key(name),
            **fields,
        )
    )


def _add_call(parent, entry, language):
    conditions = "".join(f"<li>{escape(one[language])}</li>" for one in entry["eligibility"])
    parent.add_child(
        instance=CallPage(
            title=entry.text("title", language),
            slug=entry["slug"],
            lead=entry.text("summary", language),
            run=CourseRun.objects.get(code=entry["run"]),
            offered=[("text", f"<p>{escape(entry.text('support', language))}</p>")],
            eligibility=[("text", f"<ul>{conditions}</ul>")],
            locale=parent.locale,
            translation_key=_key(f"call/{entry['slug']}"),
        )
    )


def _add_article(parent, entry, language, now):
    paragraphs = [" ".join(part.split()) for part in entry["body"][language].split("\n\n")]
    article = parent.add_child(
        instance=ArticlePage(
            title=entry.text("title", language),
            slug=entry["slug"],
            lead=entry.text("lead", language),
            kind=entry["kind"],
            published_on=day(entry["published"], now, zoneinfo.ZoneInfo("Europe/Prague")),
            body=[("text", "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs))],
            locale=parent.locale,
            translation_key=_key(f"news/{entry['slug']}"),
        )
    )
    article.segments.set(Segment.objects.filter(slug__in=entry["segments"]))
    article.save()
