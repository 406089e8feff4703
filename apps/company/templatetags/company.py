"""`{% load company %}{% company as us %}`: the company, for templates without a request, such as mails."""

from django import template

from apps.company.models import Company

register = template.Library()


@register.simple_tag
def company():
    return Company.current()
